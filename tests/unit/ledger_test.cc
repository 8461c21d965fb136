// SPDX-License-Identifier: MIT
#include "work/ledger.h"

#include <doctest/doctest.h>

#include <string>

namespace patchbay {
namespace {

std::string script(const TurnRecord& turn) {
  std::string all;
  for (const Piece& piece : pieces_of(turn)) {
    if (!all.empty()) all += '|';
    if (piece.kind == Piece::Kind::hangup) all += "hangup";
    all += piece.content + (piece.by_host ? "+" : "");
  }
  return all;
}

TEST_SUITE("ledger") {
  TEST_CASE("an answer is read in the order in which it was given, however its words were joined") {
    TurnRecord turn;
    CHECK(script(turn).empty());
    turn.said = {{"One moment.", 10, true}, {" Two loaves.", 900, false}};
    CHECK(script(turn) == "One moment.+| Two loaves.");
    turn.beside.shown = {{"1", 0, 0},  {"2", 0, 3},  {"3", 0, 3},
                         {"4", 0, 11}, {"5", 0, 15}, {"6", 0, 23}};
    turn.beside.hung_up = true;
    CHECK(script(turn) == "1|One+|2|3| moment.+|4| Two|5| loaves.|6|hangup");
  }

  TEST_CASE("what was shown behind words that were too many is shown after those that are kept") {
    TurnRecord turn;
    turn.said = {{"One", 10, false}};
    turn.beside.shown = {{"1", 0, 500}};
    CHECK(script(turn) == "One|1");
    turn.said.clear();
    CHECK(script(turn) == "1");
  }

  TEST_CASE("how a turn ended is read by its name") {
    TurnRecord turn;
    for (std::size_t i = 0; i < outcomes; ++i) {
      const Outcome outcome{static_cast<int>(i)};
      turn.outcome = name_of(outcome);
      CHECK(outcome_of(turn) == outcome);
    }
    turn.outcome = "enlightened";
    CHECK(outcome_of(turn) == Outcome::failed);
  }
}

}  // namespace
}  // namespace patchbay
