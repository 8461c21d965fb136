// SPDX-License-Identifier: MIT
// What is to be entered in a book and cannot be yet: the store has not been read, or it is not
// known whether the turn that it is about is this host's. Whoever has the list guards it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "codec/turn_record.h"
#include "state/waiting_room.h"

namespace patchbay {

class Entries {
 public:
  struct Entry {
    std::uint64_t reply = 0;                        // whose it is; 0: no turn's
    std::function<void(TurnRecord opening)> write;  // is given what begins, or an empty one
    std::optional<TurnRecord> begins = {};          // where a turn begins with it
    WaitingRoom::Place place = {};                  // among all that waits
    bool runs = false;  // that turn runs, though nobody knows whose it is

    void enter() { write(begins ? *std::exchange(begins, std::nullopt) : TurnRecord{}); }
    [[nodiscard]] bool waits_to_begin() const { return begins && !runs; }
  };

  // What stands in it, for the WaitingRoom.
  static std::size_t bytes_of(const TurnRecord& opening);
  static std::size_t bytes_of(std::span<const SaidPiece> said, const BesideWords& beside);

  // False where there is no room: `most` wait already.
  bool add(Entry entry, std::size_t most);
  [[nodiscard]] bool has(std::uint64_t reply) const;
  // The turn that waits to begin with an entry of that reply; null where none does.
  [[nodiscard]] const TurnRecord* opening_of(std::uint64_t reply) const;
  // Takes out all of them, in their order.
  std::vector<Entry> take_all();
  // Those up to the last of that reply, and behind it what is about turns that have begun: in their
  // order. The others stay.
  std::vector<Entry> take_for(std::uint64_t reply);
  // Its turn runs: it need not be opened for any more.
  void let_go(std::uint64_t reply);
  // It is not this host's.
  void drop(std::uint64_t reply);
  void clear() { waiting_.clear(); }
  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }

 private:
  std::vector<Entry> waiting_;
};

}  // namespace patchbay
