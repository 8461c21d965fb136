// SPDX-License-Identifier: MIT
#include "state/callbacks.h"

#include <doctest/doctest.h>

#include "support/desk.h"

namespace patchbay {
namespace {

using test::Desk;

const Moment start{};

Callbacks::Call call(const std::string& agent, Moment due) {
  return {agent, "c", "t", start, due};
}

TEST_SUITE("callbacks") {
  TEST_CASE("an agent has so many calls out and no more, whatever others have") {
    const Desk desk;
    Callbacks callbacks;
    const auto first = callbacks.enter(*desk.agent, call("a", start), 2);
    CHECK(callbacks.enter(*desk.agent, call("a", start), 2));
    CHECK_FALSE(callbacks.enter(*desk.agent, call("a", start), 2));
    CHECK(callbacks.enter(*desk.other, call("b", start), 2));
    callbacks.leave(*first);
    CHECK(callbacks.enter(*desk.agent, call("a", start), 2));
  }

  TEST_CASE("a call that is late is told of once, and counted until it comes back") {
    const Desk desk;
    Callbacks callbacks;
    const auto id = callbacks.enter(*desk.agent, call("a", start + Seconds{5}), 2);
    callbacks.enter(*desk.other, call("b", start + Seconds{50}), 2);
    CHECK(callbacks.newly_stuck(start + Seconds{4}).empty());
    CHECK(callbacks.stuck().empty());
    const auto stuck = callbacks.newly_stuck(start + Seconds{5});
    REQUIRE(stuck.size() == 1);
    CHECK(stuck[0].agent == "a");
    CHECK(callbacks.newly_stuck(start + Seconds{6}).empty());
    CHECK(callbacks.stuck().at("a") == 1);
    callbacks.leave(*id);
    CHECK(callbacks.stuck().at("a") == 0);
  }
}

}  // namespace
}  // namespace patchbay
