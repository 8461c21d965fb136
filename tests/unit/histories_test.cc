// SPDX-License-Identifier: MIT
#include "state/histories.h"

#include <doctest/doctest.h>

#include <string>

namespace patchbay {
namespace {

const Moment start{};

TurnRecord message(const std::string& text) {
  TurnRecord turn;
  turn.type = "message";
  turn.turn_id = "turn_" + text;
  turn.text = text;
  return turn;
}

void say(Histories& all, std::uint64_t reply, const std::string& words) {
  const SaidPiece piece{words, 1000, false};
  all.said("bakery", "c1", reply, {&piece, 1}, start);
}

std::string script(Histories& all, std::uint64_t reply, const std::string& owner = "bakery") {
  std::string text;
  for (const HistoryLine& line : all.lines(owner, "c1", reply, 0, 0, start))
    text += (line.by_caller ? "<" : ">") + line.text + (line.interrupted ? "~" : "");
  return text;
}

TEST_SUITE("histories") {
  TEST_CASE("turns are known by their replies, agent by agent") {
    Histories all;
    all.begin("bakery", "c1", message("one"), 11, start);
    all.begin("greeter", "c1", message("hello"), 12, start);
    say(all, 11, "first");
    say(all, 99, "nobody's");
    all.ended("bakery", "c1", 11, "answered", 2000, start);
    all.begin("bakery", "c1", message("two"), 13, start);
    CHECK(script(all, 13) == "<one>first<two");
    CHECK(script(all, 11) == "<one");
    CHECK(script(all, 12, "greeter") == "<hello");
    CHECK(script(all, 12, "nobody") == "");
    CHECK(all.conversations() == 2);
  }

  TEST_CASE("an interruption corrects the conversation that it is told in") {
    Histories all;
    all.begin("bakery", "c1", message("one"), 11, start);
    say(all, 11, "first of all");
    all.ended("bakery", "c1", 11, "caller_gone", 2000, start);
    CHECK(all.heard("bakery", "c1", {"first", "", {}}, start) == History::Corrected::as_heard);
    CHECK(all.heard("bakery", "c2", {"first", "", {}}, start) == History::Corrected::unknown_turn);
    CHECK(script(all, 0) == "<one>first~");
  }

  TEST_CASE("what nobody comes back to is forgotten") {
    Histories::Limits limits;
    limits.all.conversations = 2;
    Histories all(limits);
    all.begin("bakery", "old", message("one"), 1, start);
    all.begin("bakery", "c1", message("two"), 2, start);
    all.lines("bakery", "old", 1, 0, 0, start);
    all.begin("bakery", "new", message("three"), 3, start);
    CHECK(script(all, 2) == "");
    all.session_ended("bakery", "old", start);
    all.sweep(start + Seconds{600});
    CHECK(all.conversations() == 1);
    all.sweep(start + Seconds{24 * 3600});
    CHECK(all.conversations() == 0);
  }
}

}  // namespace
}  // namespace patchbay
