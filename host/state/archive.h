// SPDX-License-Identifier: MIT
// The books of all conversations that go on here. A book that nobody uses is put back after a
// while: the store has all of it.
#pragma once
#include <atomic>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ground/clock.h"
#include "ground/log.h"
#include "state/book.h"

namespace patchbay {

class Archive {
 public:
  struct Limits {
    Book::Limits book = {};
    std::size_t waiting_bytes = 64 * 1024 * 1024;  // see waiting(); what comes beyond is lost
    std::size_t books = 20'000;    // beyond, the ones unused for longest are put back
    Milliseconds unused{900'000};  // and those unused for so long
    Milliseconds window{};         // see KnownTurns
    Milliseconds keep{};           // see Book::Desk
    Milliseconds keep_after_end{};
  };

  // All of them outlive it. With a fleet other hosts write there too: each turn reads what is new.
  Archive(Store& store, Scribe& scribe, Limits limits, Log& log, Fleet* fleet = nullptr);

  // The book of that conversation, for its next turn; perhaps one that is not open yet. Never
  // waits. [any]
  std::shared_ptr<Book> book(const std::string& name, Moment now);
  // Enters what waits for a store that could not be read, and learns whether it can be: no turn
  // may come that does. Waits for the store, once where it is still away. `at_once`: see
  // Book::open. [turn]
  void read_again(bool at_once = false);
  // Puts back what has been unused for long enough, and is written. [any]
  void tidy(Moment now);
  // Everything of that conversation goes, here and in the store, also what turns that run now say
  // and store from here; its next turn begins anew. `done` is told of the store, perhaps under the
  // archive's lock. [any]
  void forget(const std::string& name, Moment now, Scribe::Done done);

  // Whoever reads the store says how that went; the log says when that changes. One conversation
  // that the store refuses says nothing of the others. `name`: of what was read, where it was one.
  // [any]
  void tell(const Problem& dark, std::string_view name = {});
  [[nodiscard]] bool is_readable() const {
    return !is_unreadable_;
  }  // as of the last reading [any]

  [[nodiscard]] std::size_t books() const;
  // Entries of all books that wait for the store to be read, see Book::waiting. [any]
  [[nodiscard]] std::size_t waiting() const { return room_.entries(); }
  [[nodiscard]] std::size_t waiting_bytes() const { return room_.bytes(); }
  // Why something could not be read; stays to be read when it can be. [any]
  [[nodiscard]] Problem last_error() const;

 private:
  struct Place {
    std::shared_ptr<Book> book;
    Moment used;
  };
  using Order = std::list<Place>;  // used longest ago first
  void put_back(Moment now, std::size_t looks, std::vector<std::shared_ptr<Book>>& gone);

  const Limits limits_;
  Revisions revisions_;
  WaitingRoom room_;
  const Book::Desk desk_;
  Log& log_;
  std::atomic<bool> is_unreadable_ = false;

  mutable std::mutex mutex_;  // guards everything below
  Order order_;
  std::unordered_map<std::string, Order::iterator> by_name_;
  Problem last_error_;
};

}  // namespace patchbay
