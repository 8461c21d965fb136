// SPDX-License-Identifier: MIT
#include "state/archive.h"

#include <doctest/doctest.h>

#include "support/gated_store.h"
#include "support/wait.h"

namespace patchbay {
namespace {

using namespace test;

struct Room {
  explicit Room(Archive::Limits limits = Room::limits()) : archive(store, scribe, limits, log) {}

  GatedStore store;
  Timers timers;
  Log log{LogLevel::off, LogFormat::text};
  Scribe scribe{store, timers, log};
  Archive archive;
  Moment now = Clock::now();

  static Archive::Limits limits() {
    Archive::Limits limits;
    limits.books = 3;
    limits.unused = Milliseconds{1'000};
    limits.keep = limits.keep_after_end = Milliseconds{60'000};
    return limits;
  }
  // A turn begins in each, and the store cannot be read: it waits.
  void begin_unread(std::initializer_list<const char*> conversations) {
    store.unreadable = true;
    for (const char* name : conversations) {
      const auto book = archive.book(conversation_name("bakery", name), now);
      book->begin_turn({}, 1, std::nullopt);
      CHECK(book->open());
      CHECK(!archive.is_readable());
    }
  }
};

TEST_SUITE("archive") {
  TEST_CASE("a conversation has one book, and another agent's is another") {
    Room room;
    const auto book = room.archive.book("bakery\nconv_1", room.now);
    CHECK(book == room.archive.book("bakery\nconv_1", room.now));
    CHECK(book != room.archive.book("florist\nconv_1", room.now));
    CHECK(book->name() == "bakery\nconv_1");
  }

  TEST_CASE("a book that was put back is taken out again with all that was in it") {
    Room room;
    {
      const auto book = room.archive.book("bakery\nconv_1", room.now);
      CHECK(!book->open());
      CHECK(book->put("order", "one loaf", 0) == VAP_OK);
    }
    room.archive.tidy(room.now + Milliseconds{999});
    CHECK(room.archive.books() == 1);
    room.archive.tidy(room.now + Milliseconds{1'000});
    CHECK(room.archive.books() == 0);
    const auto again = room.archive.book("bakery\nconv_1", room.now);
    CHECK(!again->is_open());
    CHECK(!again->open());
    CHECK(*again->get("order").value.bytes == "one loaf");
  }

  TEST_CASE("neither a book in use nor one that is not written is put back") {
    Room room;
    const auto in_use = room.archive.book("bakery\nconv_1", room.now);
    {
      const auto unwritten = room.archive.book("bakery\nconv_2", room.now);
      CHECK(!unwritten->open());
      room.store.down = true;
      CHECK(unwritten->put("order", "one loaf", 0) == VAP_LATER);
    }
    room.archive.tidy(room.now + Milliseconds{5'000});
    CHECK(room.archive.books() == 2);
    room.store.down = false;
    CHECK(room.scribe.flush(Milliseconds{10'000}));
    room.archive.tidy(room.now + Milliseconds{10'000});
    CHECK(room.archive.books() == 1);
  }

  TEST_CASE("what waits for a store that cannot be read is known of") {
    Room room;
    room.store.unreadable = true;
    const auto book = room.archive.book("bakery\nconv_1", room.now);
    CHECK(room.archive.waiting() == 0);
    book->begin_turn({}, 1, std::nullopt);
    CHECK(room.archive.waiting() == 1);
    room.store.unreadable = false;
    CHECK(!book->open());
    CHECK(room.archive.waiting() == 0);
  }

  TEST_CASE("what waits is entered when the store can be read, though no further turn comes") {
    Room room;
    room.begin_unread({"conv_1", "conv_2"});
    room.archive.read_again();
    CHECK(room.archive.waiting() == 2);
    room.store.unreadable = false;
    CHECK(eventually([&] {  // a store that is away is left alone for a second
      room.archive.read_again();
      return room.archive.waiting() == 0;
    }));
    CHECK(room.archive.is_readable());
    CHECK(room.scribe.flush(Milliseconds{10'000}));
    for (const char* name : {"bakery\nconv_1", "bakery\nconv_2"})
      CHECK(room.store.load(name)->size() == 1);
  }

  TEST_CASE("the last reading asks a store that was away a moment ago") {
    Room room;
    room.begin_unread({"conv_1"});
    room.store.unreadable = false;
    room.archive.read_again(true);
    CHECK(room.archive.waiting() == 0);
    CHECK(room.scribe.flush(Milliseconds{10'000}));
    CHECK(room.store.load("bakery\nconv_1")->size() == 1);
  }

  TEST_CASE("one conversation that cannot be read keeps no other waiting") {
    Room room;
    room.begin_unread({"conv_1", "conv_2"});
    room.store.broken = "bakery\nconv_1";
    room.store.unreadable = false;
    CHECK(eventually([&] {
      room.archive.read_again();
      return room.archive.waiting() == 1;
    }));
    CHECK(room.archive.is_readable());
    CHECK(room.scribe.flush(Milliseconds{10'000}));
    CHECK(room.store.load("bakery\nconv_2")->size() == 1);
  }

  TEST_CASE("what waits to be read is bounded in bytes, over all books, and told") {
    Archive::Limits limits = Room::limits();
    limits.waiting_bytes = 100'000;
    Room room(limits);
    room.store.unreadable = true;
    TurnRecord opening;
    opening.text = std::string(30'000, 'x');
    for (const char* name : {"conv_1", "conv_2"}) {
      const auto book = room.archive.book(conversation_name("bakery", name), room.now);
      for (std::uint64_t reply = 1; reply <= 2; ++reply)
        book->begin_turn(opening, reply, std::nullopt);
    }
    CHECK(room.archive.waiting() == 3);
    CHECK(room.archive.waiting_bytes() > 90'000);
    CHECK(room.archive.waiting_bytes() <= 100'000);
    CHECK(room.scribe.standing().lost == 1);
    CHECK(!room.archive.last_error());
    room.archive.read_again(true);
    CHECK(room.archive.waiting() == 3);
    REQUIRE(room.archive.last_error());
    CHECK(room.archive.last_error()->code == "store_gone");
    room.store.unreadable = false;
    room.archive.read_again(true);
    CHECK(room.archive.waiting() == 0);
    CHECK(room.archive.waiting_bytes() == 0);
    CHECK(room.archive.last_error());
  }

  TEST_CASE("one conversation that the store refuses says nothing of the others") {
    Room room;
    room.store.refused = "bakery\nconv_1";
    const auto book = room.archive.book("bakery\nconv_1", room.now);
    CHECK(book->open());
    CHECK(room.archive.is_readable());
    CHECK(book->get("order").status == VAP_E_UNAVAILABLE);
    CHECK(!room.archive.book("bakery\nconv_2", room.now)->open());
  }

  TEST_CASE("that a store can be read again is noticed though nothing waits for it") {
    Room room;
    room.archive.tell(Error{"store_gone", "the store is away", ""});
    room.store.unreadable = true;
    room.archive.read_again();
    CHECK(!room.archive.is_readable());
    room.store.unreadable = false;
    room.archive.read_again();
    CHECK(room.archive.is_readable());
  }

  TEST_CASE("where there are too many, the one unused for longest makes room") {
    Room room;
    for (const char* name : {"a", "b", "c"})
      room.archive.book(conversation_name("bakery", name), room.now);
    const auto first = room.archive.book("bakery\na", room.now);
    const auto more = room.archive.book("bakery\nd", room.now);
    CHECK(room.archive.books() == 3);
    CHECK(first == room.archive.book("bakery\na", room.now));
  }

  TEST_CASE("what is to be forgotten goes, whether its book is out or not") {
    Room room;
    for (const char* name : {"conv_1", "conv_2"}) {
      const auto book = room.archive.book(conversation_name("bakery", name), room.now);
      CHECK(!book->open());
      CHECK(book->put("order", "one loaf", 0) == VAP_OK);
    }
    room.archive.forget("bakery\nconv_1", room.now, {});
    CHECK(room.archive.book("bakery\nconv_1", room.now)->get("order").status == VAP_E_NOT_FOUND);
    room.archive.tidy(room.now + Milliseconds{1'000});
    room.archive.forget("bakery\nconv_2", room.now, {});
    CHECK(room.scribe.flush(Milliseconds{10'000}));
    CHECK(room.store.load("bakery\nconv_1")->empty());
    CHECK(room.store.load("bakery\nconv_2")->empty());
  }

  TEST_CASE("nothing of a turn that runs while its conversation is forgotten comes back") {
    Room room;
    const auto running = room.archive.book("bakery\nconv_1", room.now);
    CHECK(!running->open());
    running->begin_turn({}, 1, std::nullopt);
    CHECK(running->begin_step("bill", 1).status == VAP_E_NOT_FOUND);
    room.archive.forget("bakery\nconv_1", room.now, {});
    CHECK(running->open());
    CHECK(running->get("order").status == VAP_E_UNAVAILABLE);
    CHECK(running->put("order", "one loaf", VAP_REV_ANY) == VAP_E_UNAVAILABLE);
    CHECK(running->begin_step("order", 1).status == VAP_E_UNAVAILABLE);
    CHECK(running->finish_step("bill", 1, "paid") == VAP_E_NOT_FOUND);
    running->begin_turn({}, 2, std::nullopt);
    running->end_turn(1, {{"Good day.", 2, false}}, "answered", 3);
    running->end_session();
    CHECK(room.scribe.flush(Milliseconds{10'000}));
    CHECK(room.store.load("bakery\nconv_1")->empty());
    CHECK(room.store.list("", "", 10)->conversations.empty());

    const auto next = room.archive.book("bakery\nconv_1", room.now);
    CHECK(!next->open());
    next->begin_turn({}, 3, std::nullopt);
    CHECK(room.scribe.flush(Milliseconds{10'000}));
    CHECK(room.store.load("bakery\nconv_1")->size() == 1);
  }

  TEST_CASE("what is still in a store that is down is not read again by whoever comes next") {
    Room room;
    {
      const auto book = room.archive.book("bakery\nconv_1", room.now);
      CHECK(!book->open());
      CHECK(book->put("order", "one loaf", 0) == VAP_OK);
    }
    room.store.down = true;
    room.archive.forget("bakery\nconv_1", room.now, {});
    room.archive.tidy(room.now + Milliseconds{60'000});
    const auto next = room.archive.book("bakery\nconv_1", room.now);
    next->distrust();
    CHECK(!next->open());
    CHECK(next->get("order").status == VAP_E_NOT_FOUND);
    CHECK(next->put("order", "two loaves", 0) == VAP_LATER);
    room.store.down = false;
    CHECK(room.scribe.flush(Milliseconds{10'000}));
    CHECK(room.store.load("bakery\nconv_1")->size() == 1);
  }
}

}  // namespace
}  // namespace patchbay
