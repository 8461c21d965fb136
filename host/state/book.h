// SPDX-License-Identifier: MIT
// What the host remembers of one conversation of one agent: its values (vap.state/1), the turns as
// they really were (vap.history/1), and the steps that run once (vap.journal/1). In memory while
// the conversation goes on; each change goes to the scribe at once. What runs before the store has
// been read (nobody waits for that but the worker of the first turn) is taken down, and entered
// then.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "codec/event.h"
#include "ground/clock.h"
#include "ground/result.h"
#include "machine/store.h"
#include "state/entries.h"
#include "state/fleet.h"
#include "state/journal.h"
#include "state/known_turns.h"
#include "state/outbox.h"
#include "state/revisions.h"
#include "state/scribe.h"
#include "state/values.h"

namespace patchbay {

class Book {
 public:
  struct Limits {
    Values::Limits values = {};
    Journal::Limits journal = {};
    History::Limits history = {};
    std::size_t waiting = 1'000;  // entries, while the store cannot be read; more are lost
  };
  struct Desk {  // what a book needs around it; all of it outlives every book
    Store& store;
    Scribe& scribe;
    Revisions& revisions;
    WaitingRoom& room;  // for all books
    Limits limits = {};
    Milliseconds keep{};            // forgotten so long after the last change
    Milliseconds keep_after_end{};  // the same, once its session has ended
    Milliseconds retry{1'000};      // how long a store that cannot be read is left alone
    // How long a step waits for a store that is slow: it must be written down before it runs, and
    // an order that fails is worse than a moment's silence.
    Milliseconds step_patience{500};
    Milliseconds window{};   // see KnownTurns
    Fleet* fleet = nullptr;  // null: no other host writes in that store
    // Told after each reading of a book how that went; under no lock but the book's while it opens.
    std::function<void(std::string_view name, const Problem&)> on_read = {};
  };

  // `name` is the conversation's in the store, eg: "bakery\nconv_9".
  Book(const Desk& desk, std::string name);
  Book(const Book&) = delete;
  Book& operator=(const Book&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }

  // Reads the store, where that was not done yet: waits as long as the store may take. The Error:
  // the store is down, and nothing is known of what was before. `at_once`: it is asked also where
  // it could not be read a moment ago. [turn]
  [[nodiscard]] Problem open(bool at_once = false);
  // The same before the turn of that reply runs: where other hosts may run turns as well, it runs
  // only where this one may (Holds::Taken::ours), or where the store is down. `same_task`: another
  // host runs it; nothing of it is entered here. `other_task`: another host runs another turn and,
  // since this one is over, or `may_seize` is false, goes on. [turn]
  Result<Holds::Taken> open_for(std::uint64_t reply, bool may_seize);
  // Does the turn of that reply run here alone, under that name in the fleet? [any]
  [[nodiscard]] bool holds(std::uint64_t reply, std::string_view task) const;
  [[nodiscard]] bool is_open() const;  // [any]
  // Another host may have written in it: what is here is read anew by the next open(). Until then
  // its values count, and turns wait to be entered. [any]
  void distrust();
  // Is something of it not written yet? [any]
  [[nodiscard]] bool has_unwritten() const;
  // How many entries wait for the store to be read: lost, where the book goes before. [any]
  [[nodiscard]] std::size_t waiting() const;

  // --- vap.state/1. VAP_E_UNAVAILABLE where the book is not open. [any]
  struct Got {
    vap_status_t status = VAP_OK;  // VAP_E_NOT_FOUND where the key is absent
    Values::Value value = {};
  };
  [[nodiscard]] Got get(std::string_view key) const;
  // Waits until it is written down: VAP_LATER where the store does not do that within its budget.
  vap_status_t put(std::string_view key, std::string_view value, std::uint64_t revision);

  // --- vap.journal/1: as in state/journal.h. Each waits until it is written down. A step that
  // could not be written down beforehand is not begun: VAP_E_UNAVAILABLE. [any]
  Journal::Begun begin_step(std::string_view key, std::uint64_t holder);
  vap_status_t finish_step(std::string_view key, std::uint64_t holder, std::string_view result);
  vap_status_t drop_step(std::string_view key, std::uint64_t holder);
  void abandon_step(std::string_view key, std::uint64_t holder);

  // --- the history; none of these waits. A turn is known by the number of its reply. [any]
  // A turn that ended before is not begun again: see answer_before().
  void begin_turn(TurnRecord opening, std::uint64_t reply,
                  std::optional<Interruption> interruption);
  // What was said in it until now, of a turn that goes on: so that a host that is killed leaves it.
  // False, and nothing done, where the book is not open, or another host has the conversation.
  bool note_said(std::uint64_t reply, std::span<const SaidPiece> said);
  void end_turn(std::uint64_t reply, std::vector<SaidPiece> said, std::string_view outcome,
                std::int64_t unix_ms, BesideWords beside = {});
  // The turn that began and ended before, and is the same; nothing where none is known yet, without
  // reading the store.
  [[nodiscard]] std::optional<KnownTurns::Before> ended_before(const TurnRecord& opening) const;
  // What begin_turn() found: to be asked once, when open() has returned. The reply whose turn is
  // let run where the book is not open begins a turn of its own, whatever will be found then.
  std::optional<KnownTurns::Before> answer_before(std::uint64_t reply);
  // What the turn of that reply reads, see History::lines; nothing where the book is not open.
  [[nodiscard]] std::optional<std::vector<HistoryLine>> lines(std::uint64_t reply, std::size_t most,
                                                              std::size_t bytes) const;
  // The session is over: from here the conversation is only kept for a caller who comes back. [any]
  void end_session();

  // Everything in it goes, and it takes nothing more: what a turn that still has it says, stores or
  // does from here leaves no trace, and its agent is told VAP_E_UNAVAILABLE. [any]
  void strike();
  // Of a new book: all that the store has of the conversation goes, and the book is open, with
  // nothing in it. `done` is told of the store, perhaps under the book's lock. [any]
  void begin_anew(Scribe::Done done);

 private:
  void go_on(std::uint64_t reply);
  Error go_on_alone(std::uint64_t reply, const Error& why);
  std::uint64_t wait_until_written();
  Problem take_in(std::vector<Record> records, std::uint64_t posts, bool others_wrote);
  Result<Holds::Taken> seize(const Hold& hold);
  std::string task_of(std::uint64_t reply);
  void enter(Entries::Entry entry, std::size_t bytes = 0);
  void replace(std::vector<Record> records);
  void write_end(std::uint64_t number, std::uint64_t reply);
  void release(std::uint64_t reply);
  template <class Change>
  vap_status_t write(Change change);
  vap_status_t status_of(Scribe::Outcome outcome);

  const Desk& desk_;
  const std::string name_;

  std::mutex opening_;  // held while the store is read, so that one thread does it

  mutable std::mutex mutex_;  // guards everything below; not held while anybody waits
  bool open_ = false;
  bool struck_ = false;           // for good; never open again
  bool stale_ = false;            // another host may have written since it was read
  std::optional<Error> why_not_;  // the store could not be read...
  Moment retry_at_{};             // ...and is not asked again before this
  Values values_;
  Journal journal_;
  KnownTurns turns_;
  Entries waiting_;                                      // for when it is open; run under mutex_
  std::unordered_map<std::uint64_t, std::string> held_;  // reply -> its task in the fleet
  Outbox outbox_;  // handed to under mutex_, so that the store sees the changes in their order
};

}  // namespace patchbay
