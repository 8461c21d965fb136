// SPDX-License-Identifier: MIT
#include "cli/talk_text.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace patchbay {
namespace {

using Lines = std::vector<std::string>;

ToldTurn answered() {
  ToldTurn turn;
  turn.type = "message";
  turn.begun_ms = 3'600'000;
  turn.ended_ms = 3'602'000;
  turn.caller = "two\nloaves";
  turn.agent_version = "1.4.2";
  turn.said = {{3'601'000, false, " That will be four."}};
  turn.sent = " That will be four.";
  turn.heard = turn.sent;
  turn.outcome = "answered";
  return turn;
}

TEST_SUITE("talk_text") {
  TEST_CASE("a talk is read line by line: when, who, what") {
    Talk talk{"bakery", "conv_9", {answered()}, 1, {"name", "order"}, {{"order", true}}};
    CHECK(talk_lines(talk) ==
          Lines{
              "bakery/conv_9, 1 turn, since 1970-01-01 01:00:00 UTC, version 1.4.2",
              "01:00:00  caller  two loaves",
              "01:00:01  agent   That will be four.",
              "1 more cannot be read: damaged, or written by a newer host",
              "the agent remembers: name, order",
              "step order: done",
          });
  }

  TEST_CASE("under what was cut stands how much was heard") {
    ToldTurn turn = answered();
    turn.interrupted = true;
    turn.outcome = "interrupted";
    turn.heard = "That will";
    const auto last = [&] { return talk_lines({"b", "c", {turn}, 0, {}, {}}).back(); };
    CHECK(last() == "          [interrupted; heard: That will]");
    turn.heard = turn.sent;
    CHECK(last() == "          [interrupted; all of it was heard]");
    turn.heard = "";
    CHECK(last() == "          [interrupted; nothing was heard]");
    turn.heard.reset();
    CHECK(last() == "          [interrupted; how much was heard is not known]");
    turn.outcome = "caller_gone";
    CHECK(last() == "          [the caller was gone; how much was heard is not known]");
    turn.heard = "That will";
    CHECK(last() == "          [interrupted; heard: That will]");
    turn.ended_ms = 0;
    turn.interrupted = false;
    CHECK(last() == "          [no end]");
  }

  TEST_CASE("nothing that was said commands a terminal") {
    ToldTurn turn = answered();
    turn.caller = "\x1b[2J";
    turn.said[0].text = "\x1b]0;x\a";
    for (const std::string& line :
         talk_lines({"\x1b", "\x1b", {turn}, 0, {"\x1b"}, {{"\x1b", true}}}))
      CHECK(line.find('\x1b') == std::string::npos);
    for (const std::string& line : talk_table({{{"\x1b", "\x1b", 0}}, ""}))
      CHECK(line.find('\x1b') == std::string::npos);
  }
}

}  // namespace
}  // namespace patchbay
