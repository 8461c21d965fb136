// SPDX-License-Identifier: MIT
#include "codec/turn_record.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "ground/text.h"

namespace patchbay {
namespace {

TurnRecord interrupted_turn() {
  TurnRecord turn;
  turn.number = 12;
  turn.type = "message";
  turn.turn_id = "turn_4";
  turn.session_id = "sess_A1";
  turn.agent_version = "1.4.2";
  turn.text = "A \"table\"\nfor zw\xC3\xB6lf";
  turn.begun_ms = 1769940001000;
  turn.said = {{"One moment.", 1769940001800, true}, {" At eight?", 1769940002100, false}};
  turn.outcome = "interrupted";
  turn.ended_ms = 1769940003000;
  turn.talked_over = true;
  turn.heard = "One moment.";
  return turn;
}

std::string code_of(std::string_view bytes) {
  const auto record = decode_turn_record(bytes);
  return record ? "good" : record.error().code;
}

TEST_SUITE("turn_record") {
  TEST_CASE("a turn comes back as it was written, on one line") {
    const TurnRecord turn = interrupted_turn();
    const std::string bytes = encode_turn_record(turn);
    CHECK(
        bytes ==
        R"({"v":1,"n":12,"at":1769940001000,"type":"message","turn":"turn_4","session":"sess_A1",)"
        R"("agent":"1.4.2","text":"A \"table\"\nfor zwölf",)"
        R"("said":[[800,"One moment.",1],[1100," At eight?"]],"outcome":"interrupted",)"
        R"("end":1769940003000,"over":true,"heard":"One moment."})");
    const auto back = decode_turn_record(bytes);
    REQUIRE(back);
    CHECK(*back == turn);
  }

  TEST_CASE("what was no words of an answer comes back as well") {
    TurnRecord turn = interrupted_turn();
    turn.beside.shown = {{R"({"a": "\u00e9"})", 1769940001700, 0}, {"[1.50]", 1769940002100, 11}};
    turn.beside.hung_up = turn.beside.unheard_of = turn.beside.cut = true;
    const std::string bytes = encode_turn_record(turn);
    CHECK(bytes.find(R"("shown":[[700,0,"{\"a\": \"\\u00e9\"}"],[1100,11,"[1.50]"]],"hangup":true,)"
                     R"("unheard_of":true,"cut":true)") != std::string::npos);
    CHECK(*decode_turn_record(bytes) == turn);
    CHECK(code_of(R"({"v":1,"n":1,"at":5,"shown":[[0,-1,"{}"]]})") == "turn_record_unreadable");
    CHECK(code_of(R"({"v":1,"n":1,"at":5,"shown":[[0,1]]})") == "turn_record_unreadable");
  }

  TEST_CASE("a turn that has only begun is short, and nothing heard is not the same as unknown") {
    TurnRecord turn;
    turn.number = 1;
    CHECK(encode_turn_record(turn) == R"({"v":1,"n":1,"at":0})");
    CHECK(*decode_turn_record(encode_turn_record(turn)) == turn);
    turn.heard = "";
    CHECK(*decode_turn_record(encode_turn_record(turn)) == turn);
  }

  TEST_CASE("fields that a newer host adds are passed over, a newer version is not") {
    CHECK(code_of(R"({"v":1,"n":1,"at":5,"mood":{"of":["late"]},"said":[[0,"x",0,"new"]]})") ==
          "good");
    CHECK(code_of(R"({"v":2,"n":1,"at":5})") == "turn_record_newer");
  }

  TEST_CASE("what is no record is an error that quotes nothing of it") {
    for (const char* bytes : {"",
                              "{",
                              "[]",
                              "null",
                              "1",
                              "{}",
                              R"({"v":1})",
                              R"({"v":1,"n":0})",
                              R"({"v":"1","n":1})",
                              R"({"v":1,"n":-1})",
                              R"({"v":1,"n":1,"at":"now"})",
                              R"({"v":1,"n":1,"at":-1})",
                              R"({"v":1,"n":1,"at":1e300})",
                              R"({"v":1,"n":1,"at":18446744073709551615})",
                              R"({"v":1,"n":1,"text":7})",
                              R"({"v":1,"n":1,"said":{"a":1}})",
                              R"({"v":1,"n":1,"said":7})",
                              R"({"v":1,"n":1,"said":[["now","secret"]]})",
                              R"({"v":1,"n":1,"said":[[0]]})",
                              R"({"v":1,"n":1,"said":[[-9223372036854775808,"x"]]})",
                              R"({"v":1,"n":1,"over":"yes"})",
                              R"({"v":1,"n":1,"heard":null})",
                              "{\"v\":1,\"n\":1,\"text\":\"secret\xFF\"}"}) {
      CAPTURE(bytes);
      const auto record = decode_turn_record(bytes);
      REQUIRE_FALSE(record);
      CHECK(record.error().code == "turn_record_unreadable");
      CHECK(record.error().message.find("secret") == std::string::npos);
    }
  }

  TEST_CASE("damaged bytes harm nobody") {
    const std::string good = encode_turn_record(interrupted_turn());
    std::mt19937 random(1);
    for (int round = 0; round < 5000; ++round) {
      std::string bytes = good;
      for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
      if (round % 3 == 0) bytes.resize(random() % bytes.size());
      if (const auto record = decode_turn_record(bytes))
        CHECK(*decode_turn_record(encode_turn_record(*record)) == *record);
    }
  }
}

}  // namespace
}  // namespace patchbay
