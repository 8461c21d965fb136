// SPDX-License-Identifier: MIT
#include "state/book.h"

#include <doctest/doctest.h>

#include <future>
#include <memory>

#include "support/asked.h"
#include "support/gated_store.h"

namespace patchbay {
namespace {

using namespace test;

constexpr const char* conversation = "bakery\nconv_1";
constexpr Milliseconds window{600'000};

struct Room {
  explicit Room(Milliseconds patience = Milliseconds{20}) : budget(patience) {}

  const Milliseconds budget;  // of the scribe
  GatedStore store;
  Timers timers;
  Log log{LogLevel::off, LogFormat::text};
  Scribe scribe{store, timers, log, quick()};
  Revisions revisions;
  WaitingRoom waiting_room{64 * 1024 * 1024};
  Book::Desk desk{.store = store,
                  .scribe = scribe,
                  .revisions = revisions,
                  .room = waiting_room,
                  .keep = Milliseconds{60'000},
                  .keep_after_end = Milliseconds{60'000},
                  .retry = Milliseconds{0},
                  .step_patience = Milliseconds{20},
                  .window = window};

  [[nodiscard]] Scribe::Limits quick() const {
    Scribe::Limits limits;
    limits.budget = budget;
    limits.first_pause = limits.longest_pause = Milliseconds{5};
    return limits;
  }
};

// The book as one host has it: each has its own.
struct OpenBook final : Book {
  explicit OpenBook(const Room& room) : Book(room.desk, conversation) { CHECK(!open()); }
};

// As another process would find it.
std::unique_ptr<OpenBook> reopened(Room& room) {
  CHECK(room.scribe.flush(Milliseconds{10'000}));
  return std::make_unique<OpenBook>(room);
}

TEST_SUITE("book") {
  TEST_CASE("what one book has acknowledged, the next one finds") {
    Room room;
    OpenBook book(room);
    CHECK(book.put("order", "one loaf", 0) == VAP_OK);
    CHECK(book.begin_step("place", 5).status == VAP_E_NOT_FOUND);
    CHECK(book.finish_step("place", 5, "order 77") == VAP_OK);
    CHECK(book.begin_step("half", 5).status == VAP_E_NOT_FOUND);

    const auto next = reopened(room);
    CHECK(*next->get("order").value.bytes == "one loaf");
    CHECK(next->get("order").value.revision == book.get("order").value.revision);
    CHECK(*next->begin_step("place", 6).result == "order 77");
    CHECK(next->begin_step("half", 6).status == VAP_E_IN_DOUBT);
  }

  TEST_CASE("the turns are as they were, also to the next book") {
    Room room;
    OpenBook book(room);
    book.begin_turn(asked("turn_1", "Hello?"), 1, std::nullopt);
    book.end_turn(1, {{"Good morning. What may it be today?", 1'100, false}}, "interrupted", 1'500);
    book.begin_turn(asked("turn_2", "A loaf."), 2, Interruption{"Good morning.", "turn_1", 2});

    const auto next = reopened(room);
    for (const Book* both : {&book, next.get()}) {
      const auto lines = both->lines(both == &book ? 2 : 0, 0, 0);
      REQUIRE(lines);
      REQUIRE(lines->size() == 3);
      CHECK((*lines)[0].text == "Hello?");
      CHECK((*lines)[1].text == "Good morning.");
      CHECK((*lines)[1].interrupted);
      CHECK((*lines)[2].text == "A loaf.");
    }
  }

  TEST_CASE("turns that begin before the store was read are in the history all the same") {
    Room room;
    {
      OpenBook earlier(room);
      earlier.begin_turn(asked("turn_1", "Hello?"), 1, std::nullopt);
      earlier.end_turn(1, {{"Hi.", 1'100, false}}, "answered", 1'200);
      CHECK(room.scribe.flush(Milliseconds{10'000}));
    }
    Book book(room.desk, conversation);
    book.begin_turn(asked("turn_2", "A loaf."), 2, std::nullopt);
    CHECK(!book.lines(2, 0, 0));
    CHECK(book.get("order").status == VAP_E_UNAVAILABLE);
    CHECK(!book.open());
    const auto lines = book.lines(2, 0, 0);
    REQUIRE(lines);
    REQUIRE(lines->size() == 3);
    CHECK(lines->back().is_current);
    CHECK(lines->back().text == "A loaf.");
  }

  TEST_CASE(
      "while the store is down a value is kept and told to be late, and a step is not begun") {
    Room room;
    OpenBook book(room);
    room.store.down = true;
    CHECK(book.put("order", "one loaf", 0) == VAP_LATER);
    CHECK(*book.get("order").value.bytes == "one loaf");
    CHECK(book.begin_step("place", 5).status == VAP_E_UNAVAILABLE);
    CHECK(book.has_unwritten());
    room.store.down = false;
    const auto next = reopened(room);
    CHECK(!book.has_unwritten());
    CHECK(*next->get("order").value.bytes == "one loaf");
    // Had it been run meanwhile, nobody would know; so it is as if nobody had asked.
    CHECK(next->begin_step("place", 6).status == VAP_E_NOT_FOUND);
  }

  TEST_CASE("a step waits a while for a store that is slow") {
    Room room;
    room.desk.step_patience = Seconds{60};
    OpenBook book(room);
    room.store.down = true;
    std::thread mended([&] {
      CHECK(eventually([&] { return room.scribe.standing().late == 1; }));
      room.store.down = false;
    });
    CHECK(book.begin_step("place", 5).status == VAP_E_NOT_FOUND);
    mended.join();
  }

  TEST_CASE("a step whose end is written late is done") {
    Room room;
    OpenBook book(room);
    CHECK(book.begin_step("place", 5).status == VAP_E_NOT_FOUND);
    room.store.down = true;
    CHECK(book.finish_step("place", 5, "order 77") == VAP_LATER);
    CHECK(book.begin_step("place", 6).status == VAP_OK);
    room.store.down = false;
    CHECK(*reopened(room)->begin_step("place", 7).result == "order 77");
  }

  TEST_CASE("a store that cannot be read is an Error that is told at once to whoever asks next") {
    Room room;
    room.desk.retry = Milliseconds{60'000};
    room.store.unreadable = true;
    Book book(room.desk, conversation);
    const Problem first = book.open();
    REQUIRE(first);
    CHECK(first->code == "store_gone");
    CHECK(book.open());
    CHECK(room.store.loads == 1);
    CHECK(book.put("order", "one loaf", 0) == VAP_E_UNAVAILABLE);
    CHECK(book.begin_step("place", 5).status == VAP_E_UNAVAILABLE);
  }

  TEST_CASE("turns for which there is no room while the store cannot be read are counted as lost") {
    Room room;
    room.desk.limits.waiting = 2;
    room.store.unreadable = true;
    Book book(room.desk, conversation);
    for (std::uint64_t reply = 1; reply <= 3; ++reply)
      book.begin_turn(asked("turn_" + std::to_string(reply), "Hello?"), reply, std::nullopt);
    CHECK(book.waiting() == 2);
    CHECK(room.scribe.standing().lost == 1);
    room.store.unreadable = false;
    CHECK(!book.open());
    CHECK(book.waiting() == 0);
    CHECK(reopened(room)->lines(0, 0, 0)->front().text == "Hello? Hello?");
  }

  TEST_CASE("what another host wrote meanwhile counts, and is there after the conflict") {
    Room room;
    OpenBook mine(room);
    OpenBook theirs(room);
    CHECK(theirs.put("order", "two loaves", 0) == VAP_OK);
    CHECK(mine.put("order", "one loaf", 0) == VAP_E_CONFLICT);
    CHECK(*mine.get("order").value.bytes == "two loaves");
    CHECK(mine.put("order", "three", mine.get("order").value.revision) == VAP_OK);
  }

  TEST_CASE("a value that another host was faster with is not kept for more of ours on its way") {
    Room room(Milliseconds{60'000});
    OpenBook mine(room);
    OpenBook theirs(room);
    CHECK(theirs.put("order", "two loaves", 0) == VAP_OK);
    room.store.hangs = true;
    const int before = room.store.batches;
    auto put = std::async(std::launch::async, [&] { return mine.put("order", "one loaf", 0); });
    CHECK(eventually([&] { return room.store.batches > before; }));
    mine.begin_turn(asked("turn_1", "Hello?"), 1, std::nullopt);
    room.store.hangs = false;
    CHECK(put.get() == VAP_E_CONFLICT);
    CHECK(*mine.get("order").value.bytes == "two loaves");
    CHECK(mine.lines(1, 0, 0)->front().text == "Hello?");
  }

  TEST_CASE("what was to be written later, and met another host's, counts no longer") {
    Room room;
    OpenBook mine(room);
    OpenBook theirs(room);
    CHECK(theirs.put("order", "two loaves", 0) == VAP_OK);
    room.store.down = true;
    CHECK(mine.put("order", "one loaf", 0) == VAP_LATER);
    room.store.down = false;
    CHECK(room.scribe.flush(Milliseconds{10'000}));
    CHECK(!mine.open());
    CHECK(*mine.get("order").value.bytes == "two loaves");
  }

  TEST_CASE("of two hosts one gets the step") {
    Room room;
    OpenBook mine(room);
    OpenBook theirs(room);
    CHECK(theirs.begin_step("place", 5).status == VAP_E_NOT_FOUND);
    CHECK(mine.begin_step("place", 6).status == VAP_E_AGAIN);
  }

  TEST_CASE("a book that is distrusted reads what is new, and loses nothing of its own") {
    Room room;
    OpenBook mine(room);
    CHECK(mine.begin_step("place", 5).status == VAP_E_NOT_FOUND);
    {
      const auto theirs = reopened(room);
      CHECK(theirs->put("order", "two loaves", 0) == VAP_OK);
    }
    mine.distrust();
    CHECK(mine.get("order").status == VAP_E_NOT_FOUND);  // until it is read anew
    CHECK(!mine.open());
    CHECK(*mine.get("order").value.bytes == "two loaves");
    CHECK(mine.finish_step("place", 5, "order 77") == VAP_OK);
  }

  TEST_CASE("turns that two hosts take by turns all stand in the history of both") {
    Room room;
    OpenBook mine(room);
    OpenBook theirs(room);
    std::uint64_t reply = 0;
    for (int i = 0; i < 3; ++i) {
      for (Book* host : {&mine, &theirs}) {
        const std::string turn = "turn_" + std::to_string(++reply);
        host->distrust();
        host->begin_turn(asked(turn, "Asked in " + turn), reply, std::nullopt);
        CHECK(!host->open());
        host->end_turn(reply, {{"Answered in " + turn, 1'100, false}}, "answered", 1'200);
        CHECK(room.scribe.flush(Milliseconds{10'000}));
      }
    }
    const auto all = reopened(room)->lines(0, 0, 0);
    REQUIRE(all);
    REQUIRE(all->size() == 12);
    for (std::size_t i = 0; i < all->size(); ++i)
      CHECK((*all)[i].turn_id == "turn_" + std::to_string(i / 2 + 1));
  }

  TEST_CASE("a turn that was answered before is known again, also when that is read only later") {
    Room room;
    OpenBook book(room);
    book.begin_turn(asked("turn_1", "Hello?"), 1, std::nullopt);
    CHECK(!book.answer_before(1));
    book.end_turn(1, {{"Hi.", 1'100, false}}, "answered", 1'200, {.hung_up = true});
    const auto known = book.ended_before(asked("turn_1", "Hello?"));
    REQUIRE(known);
    CHECK(known->turn.said.front().text == "Hi.");
    CHECK_FALSE(known->overtaken);
    CHECK(!book.ended_before(asked("turn_1", "Hello")));
    CHECK(!book.ended_before(asked("", "")));
    CHECK(room.scribe.flush(Milliseconds{10'000}));

    Book next(room.desk, conversation);
    next.begin_turn(asked("turn_1", "Hello?"), 7, std::nullopt);
    next.begin_turn(asked("turn_2", "A loaf."), 8, std::nullopt);
    CHECK(!next.open());
    const auto before = next.answer_before(7);
    REQUIRE(before);
    CHECK(before->turn.beside.hung_up);
    CHECK(before->overtaken);
    CHECK(!next.answer_before(7));
    CHECK(!next.answer_before(8));
    next.end_turn(7, {{"Hi.", 1'300, false}}, "answered", 1'400);  // nothing: it never began
    CHECK(next.lines(8, 0, 0)->size() == 3);
    CHECK(next.ended_before(asked("turn_1", "Hello?"))->overtaken);
  }

  TEST_CASE("a turn whose time as an answer is over begins anew, behind the others") {
    Room room;
    OpenBook book(room);
    book.begin_turn(asked("turn_1", "Hello?"), 1, std::nullopt);
    book.end_turn(1, {{"Hi.", 1'100, false}}, "answered", 1'200);
    TurnRecord late = asked("turn_1", "Hello?");
    late.begun_ms = 1'200 + window.count();
    book.begin_turn(late, 2, std::nullopt);
    CHECK(!book.answer_before(2));
    CHECK(book.lines(2, 0, 0)->size() == 3);
  }

  TEST_CASE("a turn that had no end when its host died begins again in its place") {
    Room room;
    OpenBook(room).begin_turn(asked("turn_1", "Hello?"), 1, std::nullopt);
    const auto next = reopened(room);
    next->begin_turn(asked("turn_1", "Hello?"), 1, std::nullopt);
    CHECK(!next->answer_before(1));
    next->end_turn(1, {{"Hi.", 1'100, false}}, "answered", 1'200);
    CHECK(next->lines(0, 0, 0)->size() == 2);

    // Not where the talk has gone on since.
    next->begin_turn(asked("turn_2", "A loaf."), 2, std::nullopt);
    next->begin_turn(asked("turn_3", "Now."), 3, std::nullopt);
    const auto third = reopened(room);
    third->begin_turn(asked("turn_2", "A loaf."), 4, std::nullopt);
    CHECK(third->lines(4, 0, 0)->back().text == "A loaf. Now. A loaf.");
  }

  TEST_CASE("a turn that nobody has begun, since its caller was gone, begins when he comes back") {
    Room room;
    OpenBook book(room);
    book.begin_turn(asked("turn_1", "Hello?"), 1, std::nullopt);
    book.end_turn(1, {}, "caller_gone", 1'100, {.unheard_of = true});
    CHECK(!book.ended_before(asked("turn_1", "Hello?")));
    book.begin_turn(asked("turn_1", "Hello?"), 2, std::nullopt);
    CHECK(!book.answer_before(2));
    CHECK(book.lines(2, 0, 0)->size() == 1);
  }

  TEST_CASE("a turn that ran, since nothing could be read, is entered as one of its own") {
    Room room;
    {
      OpenBook book(room);
      book.begin_turn(asked("turn_1", "Hello?"), 1, std::nullopt);
      book.end_turn(1, {{"Hi.", 1'100, false}}, "answered", 1'200);
      CHECK(room.scribe.flush(Milliseconds{10'000}));
    }
    room.store.unreadable = true;
    Book next(room.desk, conversation);
    next.begin_turn(asked("turn_1", "Hello?"), 7, std::nullopt);
    CHECK(next.open());
    CHECK(!next.answer_before(7));
    next.end_turn(7, {{"Hi again.", 1'300, false}}, "answered", 1'400);
    room.store.unreadable = false;
    CHECK(!next.open());
    CHECK(next.lines(0, 0, 0)->size() == 4);
  }

  TEST_CASE("what was heard of a turn, another host may have been told") {
    Room room;
    OpenBook mine(room);
    mine.begin_turn(asked("turn_1", "Hello?"), 1, std::nullopt);
    mine.end_turn(1, {{"Good morning. What may it be today?", 1'100, false}}, "interrupted", 1'500);
    const auto theirs = reopened(room);
    theirs->begin_turn(asked("turn_2", "A loaf."), 2, Interruption{"Good morning.", "turn_1", 2});
    theirs->end_turn(2, {{"One loaf.", 1'600, false}}, "answered", 1'700);
    CHECK(room.scribe.flush(Milliseconds{10'000}));

    mine.distrust();
    mine.begin_turn(asked("turn_3", "And a roll."), 3, std::nullopt);
    CHECK(!mine.open());
    const auto lines = mine.lines(3, 0, 0);
    REQUIRE(lines);
    REQUIRE(lines->size() == 5);
    CHECK((*lines)[1].text == "Good morning.");
    CHECK((*lines)[4].is_current);
    CHECK((*lines)[4].text == "And a roll.");
  }

  TEST_CASE("a book that begins anew is open, and the store has nothing of the conversation") {
    Room room;
    OpenBook old(room);
    old.put("order", "one loaf", 0);
    old.strike();
    Book book(room.desk, conversation);
    std::promise<Scribe::Outcome> done;
    book.begin_anew([&](Scribe::Outcome outcome) {
      if (outcome != Scribe::Outcome::late) done.set_value(outcome);
    });
    CHECK(book.is_open());
    CHECK(book.get("order").status == VAP_E_NOT_FOUND);
    CHECK(done.get_future().get() == Scribe::Outcome::written);
    CHECK(room.store.load(conversation)->empty());
  }

  TEST_CASE("where a store cannot take the wish to forget, the book has what is still there") {
    Room room;
    {
      OpenBook old(room);
      old.put("order", "one loaf", 0);
    }
    Scribe::Limits narrow;
    narrow.waiting_writes = 0;
    Scribe full{room.store, room.timers, room.log, narrow};
    const Book::Desk desk{room.store, full,           room.revisions, room.waiting_room,
                          {},         room.desk.keep, room.desk.keep};
    Book book(desk, conversation);
    Scribe::Outcome told = Scribe::Outcome::written;
    book.begin_anew([&](Scribe::Outcome outcome) { told = outcome; });
    CHECK(told == Scribe::Outcome::lost);
    CHECK(!book.open());
    CHECK(*book.get("order").value.bytes == "one loaf");
  }
}

}  // namespace
}  // namespace patchbay
