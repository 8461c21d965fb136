// SPDX-License-Identifier: MIT
#include "joint.h"

#include <doctest/doctest.h>

#include <string>

namespace {

// Both halves, as a caller hears them; the second in single bytes too.
std::string joined(const std::string& said, const std::string& goes_on) {
  llm::Joint whole(said);
  std::string out = whole.take(goes_on);
  out += whole.finish();
  llm::Joint bytes(said);
  std::string one_by_one;
  for (const char c : goes_on) one_by_one += bytes.take(std::string(1, c));
  one_by_one += bytes.finish();
  CHECK(out == one_by_one);
  return said + out;
}

}  // namespace

TEST_SUITE("joint") {
  TEST_CASE("where nothing was said, all is handed on at once") {
    llm::Joint joint("");
    CHECK(joint.take(" Hello") == " Hello");
    CHECK(joint.finish().empty());
  }

  TEST_CASE("a space is put between words, and none before a stop") {
    CHECK(joined("I would", "like tea.") == "I would like tea.");
    CHECK(joined("I would ", "like tea.") == "I would like tea.");
    CHECK(joined("I would", ", yes.") == "I would, yes.");
    CHECK(joined("I would", "... like tea.") == "I would like tea.");
  }

  TEST_CASE("what is repeated is said once: the whole answer, its last sentence, its last word") {
    CHECK(joined("We have tea. And I", "We have tea. And I like it.") ==
          "We have tea. And I like it.");
    CHECK(joined("We have tea. And I would", "And I would like it.") ==
          "We have tea. And I would like it.");
    CHECK(joined("Two crois", "croissants.") == "Two croissants.");
    CHECK(joined("So I", "I am here.") == "So I am here.");
  }

  TEST_CASE("what only begins like a repetition is no part of it") {
    CHECK(joined("It is a", "again there.") == "It is a again there.");
    CHECK(joined("We have tea and coffee", "We have a problem.") ==
          "We have tea and coffee We have a problem.");
    CHECK(joined("We have tea", "We") == "We have tea We");
  }
}
