// SPDX-License-Identifier: MIT
#include "state/journal.h"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace patchbay {
namespace {

const Moment start{};

// One conversation's journal, by the hands of several turns.
struct Book {
  Journal journal;

  Journal::Begun begin(std::uint64_t turn, const std::string& key = "order") {
    return journal.begin("bakery", "c1", key, turn, start);
  }
  vap_status_t finish(std::uint64_t turn, const std::string& result,
                      const std::string& key = "order") {
    return journal.finish("bakery", "c1", key, turn, result, start);
  }
  vap_status_t drop(std::uint64_t turn) {
    return journal.drop("bakery", "c1", "order", turn, start);
  }
};

TEST_SUITE("journal") {
  TEST_CASE("a step is one turn's to run, and its result is everybody's") {
    Book book;
    CHECK(book.begin(1).status == VAP_E_NOT_FOUND);
    const Journal::Begun other = book.begin(2);
    CHECK(other.status == VAP_E_AGAIN);
    CHECK(other.holder == 1);
    CHECK(book.finish(1, "order 7") == VAP_OK);
    const Journal::Begun found = book.begin(2);
    CHECK(found.status == VAP_OK);
    REQUIRE(found.result);
    CHECK(*found.result == "order 7");
  }

  TEST_CASE("a result may be empty") {
    Book book;
    book.begin(1);
    CHECK(book.finish(1, "") == VAP_OK);
    CHECK(book.begin(2).status == VAP_OK);
  }

  TEST_CASE("a dropped step may run again") {
    Book book;
    book.begin(1);
    CHECK(book.drop(1) == VAP_OK);
    CHECK(book.drop(1) == VAP_E_NOT_FOUND);
    CHECK(book.begin(2).status == VAP_E_NOT_FOUND);
  }

  TEST_CASE("only who began a step may settle it, and only once") {
    Book book;
    CHECK(book.finish(1, "x") == VAP_E_NOT_FOUND);
    book.begin(1);
    CHECK(book.finish(2, "x") == VAP_E_CONFLICT);
    CHECK(book.drop(2) == VAP_E_CONFLICT);
    CHECK(book.finish(1, "x") == VAP_OK);
    CHECK(book.finish(1, "y") == VAP_E_CONFLICT);
    CHECK(book.drop(1) == VAP_E_CONFLICT);
    CHECK(*book.begin(3).result == "x");
  }

  TEST_CASE("a step whose turn is gone is in doubt, and one turn at a time may settle that") {
    Book book;
    book.begin(1);
    book.journal.abandon("bakery", "c1", "order", 9, start);  // not the holder
    CHECK(book.begin(2).status == VAP_E_AGAIN);
    book.journal.abandon("bakery", "c1", "order", 1, start);
    CHECK(book.begin(2).status == VAP_E_IN_DOUBT);
    CHECK(book.begin(3).holder == 2);
    CHECK(book.finish(1, "late") == VAP_E_CONFLICT);
    CHECK(book.finish(2, "found out") == VAP_OK);
    CHECK(*book.begin(3).result == "found out");
  }

  TEST_CASE("a finished step is in no doubt, whatever becomes of its turn") {
    Book book;
    book.begin(1);
    book.finish(1, "done");
    book.journal.abandon("bakery", "c1", "order", 1, start);
    CHECK(book.begin(2).status == VAP_OK);
  }

  TEST_CASE("agents and conversations do not share steps") {
    Book book;
    book.begin(1);
    CHECK(book.journal.begin("greeter", "c1", "order", 2, start).status == VAP_E_NOT_FOUND);
    CHECK(book.journal.begin("bakery", "c2", "order", 3, start).status == VAP_E_NOT_FOUND);
  }

  TEST_CASE("keys, results and their number are bounded, and a result too long may be shortened") {
    Journal::Limits limits;
    limits.steps = 1;
    Book book{Journal(limits)};
    CHECK(book.begin(1, "").status == VAP_E_INVALID);
    CHECK(book.begin(1, std::string(257, 'k')).status == VAP_E_LIMIT);
    CHECK(book.begin(1).status == VAP_E_NOT_FOUND);
    CHECK(book.begin(1, "another").status == VAP_E_LIMIT);
    CHECK(book.finish(1, std::string(64 * 1024 + 1, 'v')) == VAP_E_LIMIT);
    CHECK(book.finish(1, std::string(64 * 1024, 'v')) == VAP_OK);
  }

  TEST_CASE("a journal is kept as long as its conversation may go on") {
    Book book;
    book.begin(1);
    book.finish(1, "done");
    book.journal.sweep(start + Seconds{24 * 3600 - 1});
    CHECK(book.journal.conversations() == 1);
    book.journal.session_ended("bakery", "c1", start);
    book.journal.sweep(start + Seconds{600});
    CHECK(book.journal.conversations() == 0);
    CHECK(book.finish(1, "late") == VAP_E_NOT_FOUND);
  }

  TEST_CASE("of many turns that ask at once, one runs the step") {
    Book book;
    std::atomic<int> runs{0};
    std::vector<std::thread> turns;
    for (std::uint64_t turn = 1; turn <= 8; ++turn) {
      turns.emplace_back([&, turn] {
        for (int i = 0; i < 200; ++i) {
          const std::string key = "step " + std::to_string(i);
          if (book.begin(turn, key).status != VAP_E_NOT_FOUND) continue;
          ++runs;
          book.finish(turn, "done", key);
        }
      });
    }
    for (std::thread& turn : turns) turn.join();
    CHECK(runs == 200);
  }
}

}  // namespace
}  // namespace patchbay
