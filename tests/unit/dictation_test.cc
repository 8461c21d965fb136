// SPDX-License-Identifier: MIT
#include "work/dictation.h"

#include <doctest/doctest.h>

#include <string>

#include "state/turn_shelf.h"
#include "support/archive_in_memory.h"
#include "support/asked.h"
#include "support/desk.h"
#include "work/ledger.h"

namespace patchbay {
namespace {

using test::ArchiveInMemory;
using test::Desk;

// A host with turns that speak, each in a conversation of its own.
struct House {
  Desk desk;
  ArchiveInMemory rooms;
  std::vector<std::shared_ptr<Reply>> open;

  std::shared_ptr<Reply> begin(const std::string& conversation, bool is_read = true) {
    auto reply = desk.open(ReplyKind::stream, open.size() + 1, conversation);
    reply->set_book(rooms.archive.book(reply->talk(), Clock::now()));
    if (is_read) REQUIRE(!reply->book()->open());
    reply->book()->begin_turn(test::asked("turn"), reply->number(), std::nullopt);
    open.push_back(reply);
    return reply;
  }
  void look(Dictation& dictation, Milliseconds later = Milliseconds{2'000}) const {
    dictation.look(open, Clock::now() + later);
  }
  // What a host that comes after this one would find to have been said.
  std::string left_in(const std::string& conversation) {
    CHECK(rooms.scribe.flush(Seconds{10}));
    auto records = rooms.store.load("a\n" + conversation);
    REQUIRE(records);
    const auto turns = take_turns(*records);
    REQUIRE(turns.size() == 1);
    return sent_in(turns[0]);
  }
};

TEST_SUITE("dictation") {
  TEST_CASE("what a turn has said is written down while it goes on, and once") {
    House house;
    Dictation dictation;
    const auto reply = house.begin("ada");
    reply->say("Good ", 0);
    house.look(dictation, Milliseconds{0});
    CHECK(house.left_in("ada").empty());  // it may be over soon
    house.look(dictation);
    CHECK(house.left_in("ada") == "Good ");
    const auto writes = house.rooms.scribe.standing().written;
    house.look(dictation);
    CHECK(house.left_in("ada") == "Good ");
    CHECK(house.rooms.scribe.standing().written == writes);
    reply->say("morning.", 0);
    house.look(dictation);
    CHECK(house.left_in("ada") == "Good morning.");
    reply->say(" Bye.", 0);
    CHECK(reply->close(Outcome::answered, ""));
    leave_book(*reply, Outcome::answered);
    house.look(dictation);
    CHECK(house.left_in("ada") == "Good morning. Bye.");
  }

  TEST_CASE("where too many speak, those that have waited longest are written down first") {
    House house;
    Dictation dictation(2);
    const std::string names[] = {"ada", "bob", "cleo"};
    for (const std::string& name : names) house.begin(name)->say("One", 0);
    const auto left = [&] {
      std::string all;
      for (const std::string& name : names) all += house.left_in(name) + "|";
      return all;
    };
    house.look(dictation);
    CHECK(left() == "One|One||");
    for (const auto& reply : house.open) reply->say(" two", 0);
    house.look(dictation);
    CHECK(left() == "One two|One|One two|");
    house.look(dictation);
    CHECK(left() == "One two|One two|One two|");
  }

  TEST_CASE("what could not be written down is, when the conversation has been read") {
    House house;
    Dictation dictation;
    const auto reply = house.begin("ada", false);
    reply->say("Good morning.", 0);
    house.look(dictation);
    REQUIRE(!reply->book()->open());
    CHECK(house.left_in("ada").empty());
    house.look(dictation);
    CHECK(house.left_in("ada") == "Good morning.");
  }

  TEST_CASE("a turn that was cancelled is left to its end") {
    House house;
    Dictation dictation;
    const auto reply = house.begin("ada");
    reply->say("Good", 0);
    reply->cancel(VAP_CANCEL_BARGE_IN);
    house.look(dictation);
    CHECK(house.left_in("ada").empty());
  }
}

}  // namespace
}  // namespace patchbay
