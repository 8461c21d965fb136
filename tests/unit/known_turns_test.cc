// SPDX-License-Identifier: MIT
#include "state/known_turns.h"

#include <doctest/doctest.h>

#include <array>

#include "support/asked.h"

namespace patchbay {
namespace {

using test::asked;

constexpr Milliseconds window{600'000};

struct Known : KnownTurns {
  Known() : KnownTurns({}, window) {}
  void answer(std::uint64_t reply, const char* outcome = "answered") {
    const SaidPiece hi{"Hi.", 1'100, false};
    end(reply, {&hi, 1}, outcome, 1'200, {});
  }
};

TEST_SUITE("known_turns") {
  TEST_CASE("a turn that is over is not begun again, and its repeat is told once what it was") {
    Known turns;
    CHECK(turns.begin(asked("turn_1"), 1, std::nullopt).size() == 1);
    CHECK_FALSE(turns.is_repeat(2, nullptr));
    turns.answer(1);
    const TurnRecord again = asked("turn_1");
    CHECK(turns.is_repeat(2, &again));
    CHECK(turns.begin(again, 2, std::nullopt).empty());
    CHECK(turns.is_repeat(2, nullptr));
    CHECK(turns.take_before(2)->turn.said.front().text == "Hi.");
    CHECK(!turns.take_before(2));
    CHECK(turns.end(2, {}, "answered", 1'300, {}) == 0);
  }

  TEST_CASE("an interruption that comes with a repeat was known before") {
    Known turns;
    turns.begin(asked("turn_1"), 1, std::nullopt);
    turns.answer(1);
    const Interruption heard{"H", "turn_1", std::nullopt};
    CHECK(turns.begin(asked("turn_2"), 2, heard).size() == 2);
    turns.answer(2);
    CHECK(turns.begin(asked("turn_2"), 3, heard).empty());
  }

  TEST_CASE("what runs elsewhere is what another process has begun, and not ended") {
    Known turns;
    const TurnRecord mine = asked("turn_1");
    CHECK_FALSE(turns.runs_elsewhere(&mine));
    CHECK_FALSE(turns.runs_elsewhere(nullptr));
    turns.begin(mine, 1, std::nullopt);
    CHECK_FALSE(turns.runs_elsewhere(&mine));
    TurnRecord theirs = asked("turn_2");
    theirs.number = 7;
    turns.restore({theirs}, {});
    CHECK(turns.runs_elsewhere(&theirs));
    CHECK(turns.begin(theirs, 3, std::nullopt, false).empty());
    CHECK(turns.end(3, {}, "interrupted", 1'000, {}) == 0);
    CHECK(turns.begin(theirs, 2, std::nullopt) == std::vector<std::uint64_t>{7});
    CHECK_FALSE(turns.runs_elsewhere(&theirs));
  }

  TEST_CASE("without a window nothing is a repeat") {
    KnownTurns turns({}, Milliseconds{0});
    turns.begin(asked("turn_1"), 1, std::nullopt);
    turns.end(1, {}, "answered", 1'000, {});
    CHECK(!turns.ended_before(asked("turn_1")));
    CHECK(turns.begin(asked("turn_1"), 2, std::nullopt) == std::vector<std::uint64_t>{2});
  }
}

}  // namespace
}  // namespace patchbay
