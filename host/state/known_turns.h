// SPDX-License-Identifier: MIT
// A history as turns are entered in it: which of them begin, which begin again, and which only
// repeat one that is over (decisions 0012, 0014). Pure, as the history is.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ground/clock.h"
#include "state/history.h"

namespace patchbay {

class KnownTurns {
 public:
  // For so long the end of a turn answers its repeats; 0: never.
  KnownTurns(History::Limits limits, Milliseconds window) : history_(limits), window_(window) {}

  [[nodiscard]] const History& history() const { return history_; }
  std::vector<std::uint64_t> take_dropped() { return history_.take_dropped(); }
  std::vector<std::uint64_t> take_emptied() { return history_.take_emptied(); }

  // What a store has kept, read anew: in place of all that is here, but for whose replies they are.
  void restore(std::vector<TurnRecord> turns, History::Limits limits);

  // The turn begins, or a turn that had no end begins again in its place, where none came after it.
  // The numbers of the turns that are to be written down; none where it repeats one that is over,
  // or, unless it `may_resume`, one that another host has begun.
  std::vector<std::uint64_t> begin(TurnRecord opening, std::uint64_t reply,
                                   const std::optional<Interruption>& interruption,
                                   bool may_resume = true);
  // These return its number; 0 where it never began, has ended, or is not kept any more. `said`:
  // all of it until now.
  std::uint64_t go_on(std::uint64_t reply, std::span<const SaidPiece> said);
  std::uint64_t end(std::uint64_t reply, std::span<const SaidPiece> said, std::string_view outcome,
                    std::int64_t unix_ms, BesideWords beside);

  struct Before {
    TurnRecord turn;
    bool overtaken = false;  // a later turn has begun since
  };
  // The turn that began and ended before, and is the same.
  [[nodiscard]] std::optional<Before> ended_before(const TurnRecord& opening) const;
  // What begin() found for that reply; told once.
  std::optional<Before> take_before(std::uint64_t reply);
  // It runs, and was not looked for: when it comes to begin it is a turn of its own.
  void run_unseen(std::uint64_t reply) { unseen_.insert(reply); }

  // `opening` may be null, of a turn that has begun already.
  [[nodiscard]] bool is_repeat(std::uint64_t reply, const TurnRecord* opening) const;
  // Somebody else has begun it, and its end is not known here.
  [[nodiscard]] bool runs_elsewhere(const TurnRecord* opening) const;

 private:
  [[nodiscard]] const TurnRecord* known_as(const TurnRecord& opening) const;
  [[nodiscard]] bool never_ran(const TurnRecord& turn) const;
  [[nodiscard]] bool has_no_end_here(const TurnRecord& turn) const;
  [[nodiscard]] bool is_answer(const TurnRecord& turn, const TurnRecord& opening) const;

  History history_;
  Milliseconds window_;
  std::unordered_map<std::uint64_t, std::uint64_t> before_;  // reply -> the turn that it repeats
  std::unordered_set<std::uint64_t> unseen_;                 // replies
};

}  // namespace patchbay
