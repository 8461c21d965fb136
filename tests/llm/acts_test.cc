// SPDX-License-Identifier: MIT
// How acts go on over turns needs a host: deeds_test.cc.
#include "acts.h"

#include <doctest/doctest.h>

#include <vector>

namespace {

vap::line agent(std::string_view turn, bool interrupted) {
  vap::line line;
  line.text = "x";
  line.turn_id = turn;
  line.interrupted = interrupted;
  return line;
}

std::string act_of(const std::vector<vap::line>& lines, std::string_view turn) {
  const vap::reply none;
  return llm::Acts(lines.data(), lines.data() + lines.size(), turn).begin(none);
}

}  // namespace

TEST_SUITE("acts") {
  TEST_CASE("where nothing is remembered a turn is an act of its own") {
    CHECK(act_of({}, "turn_1") == "turn_1");
    CHECK(act_of({agent("turn_1", true)}, "turn_2") == "turn_2");
  }

  TEST_CASE("a turn without an id is told apart by the answer before it") {
    CHECK(act_of({agent("turn_1", false), agent("turn_2", true)}, "") == "after turn_1");
  }
}
