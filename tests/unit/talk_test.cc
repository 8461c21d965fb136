// SPDX-License-Identifier: MIT
#include "state/talk.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/archive_in_memory.h"

namespace patchbay {
namespace {

using Json = nlohmann::json;

// Written by a real book, so that a change of its records is noticed here.
std::vector<Record> records_of_a_book() {
  test::ArchiveInMemory memory;
  const auto book = memory.archive.book("bakery\nconv_9", Clock::now());
  CHECK(!book->open());
  TurnRecord turn;
  turn.type = "message";
  turn.turn_id = "turn_1";
  turn.text = "two loaves";
  turn.begun_ms = 1'000;
  book->begin_turn(turn, 1, std::nullopt);
  book->end_turn(1, {{"That will be ", 1'100, false}, {"two loaves.", 1'900, true}}, "answered",
                 2'000);
  turn.turn_id = "turn_2";
  turn.text = "no, three";
  turn.begun_ms = 3'000;
  Interruption interruption;
  interruption.text_heard = "That will";
  book->begin_turn(turn, 2, interruption);
  CHECK(book->put("secret key", "secret value", VAP_REV_ANY) == VAP_OK);
  CHECK(book->begin_step("order", 2).status == VAP_E_NOT_FOUND);
  CHECK(book->finish_step("order", 2, "secret result") == VAP_OK);
  CHECK(book->begin_step("bill", 2).status == VAP_E_NOT_FOUND);
  CHECK(memory.scribe.flush(Seconds{10}));
  return *memory.store.load("bakery\nconv_9");
}

TEST_SUITE("talk") {
  TEST_CASE("what a book has written is told: said, sent, heard, and the keys without values") {
    const Talk talk = talk_of("bakery", "conv_9", records_of_a_book());
    REQUIRE(talk.turns.size() == 2);
    const ToldTurn& first = talk.turns[0];
    CHECK(first.caller == "two loaves");
    REQUIRE(first.said.size() == 2);
    CHECK(first.said[1].by_host);
    CHECK(first.sent == "That will be two loaves.");
    CHECK(first.heard == "That will");
    CHECK(first.interrupted);
    CHECK(first.outcome == "answered");
    CHECK(talk.turns[1].ended_ms == 0);
    CHECK(!talk.turns[1].interrupted);
    CHECK(!talk.turns[1].heard);
    CHECK(talk.state == std::vector<std::string>{"secret key"});
    REQUIRE(talk.journal.size() == 2);
    CHECK(talk.journal[0].key == "bill");
    CHECK(!talk.journal[0].done);
    CHECK(talk.journal[1].done);
    CHECK(encode_talk(talk).find("secret value") == std::string::npos);
    CHECK(encode_talk(talk).find("secret result") == std::string::npos);
  }

  TEST_CASE("a turn that cannot be read is counted, and the others are told") {
    std::vector<Record> records = records_of_a_book();
    records.push_back({"t/000000000003", "{damaged", 7});
    const Talk talk = talk_of("bakery", "conv_9", records);
    CHECK(talk.turns.size() == 2);
    CHECK(talk.unreadable == 1);
  }

  TEST_CASE("what a host tells arrives as it was told, one line of it") {
    const Talk talk = talk_of("bakery", "conv_9", records_of_a_book());
    const std::string json = encode_talk(talk);
    CHECK(json.find('\n') == std::string::npos);
    const auto heard = decode_talk(json);
    REQUIRE(heard);
    CHECK(encode_talk(*heard) == json);
    const Json line = Json::parse(encode_turn_of(*heard, heard->turns[0]));
    CHECK(line["agent"] == "bakery");
    CHECK(line["conversation"] == "conv_9");
    CHECK(line["heard"] == "That will");
    CHECK(!decode_talk("<html>"));
  }

  TEST_CASE("a list tells agent and conversation apart, whatever the id is made of") {
    Page page;
    page.conversations.push_back({"bakery\na\nb/c", WallTime(Milliseconds(5))});
    page.next = "7";
    const auto list = decode_talk_list(encode_talk_list(talk_list_of(page)));
    REQUIRE(list);
    CHECK(list->conversations[0].agent == "bakery");
    CHECK(list->conversations[0].conversation == "a\nb/c");
    CHECK(list->conversations[0].last_write_ms == 5);
    CHECK(list->next == "7");
  }
}

}  // namespace
}  // namespace patchbay
