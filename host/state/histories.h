// SPDX-License-Identifier: MIT
// The histories of all conversations that go on here (vap.history/1), in memory: lost with the
// process. Turns are known by the number of their reply.
#pragma once
#include <cstdint>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "ground/clock.h"
#include "state/history.h"
#include "state/shelf.h"

namespace patchbay {

class Histories {
 public:
  struct Limits {
    History::Limits one;
    ShelfLimits all;
  };

  Histories();  // with the limits as they stand above
  explicit Histories(Limits limits);

  // `owner` is the agent's name. A reply that did not begin() here, or whose turn is forgotten, is
  // passed over.  All of these: [any]
  void begin(std::string_view owner, std::string_view conversation, TurnRecord opening,
             std::uint64_t reply, Moment now);
  void said(std::string_view owner, std::string_view conversation, std::uint64_t reply,
            std::span<const SaidPiece> pieces, Moment now);
  void ended(std::string_view owner, std::string_view conversation, std::uint64_t reply,
             std::string_view outcome, std::int64_t unix_ms, Moment now);
  History::Corrected heard(std::string_view owner, std::string_view conversation,
                           const Interruption& interruption, Moment now);

  // What the turn of that reply reads: as History::lines.
  std::vector<HistoryLine> lines(std::string_view owner, std::string_view conversation,
                                 std::uint64_t reply, std::size_t most, std::size_t bytes,
                                 Moment now);

  void session_ended(std::string_view owner, std::string_view conversation, Moment now);
  void sweep(Moment now);
  [[nodiscard]] std::size_t conversations() const;

 private:
  const Limits limits_;
  mutable std::mutex mutex_;  // guards shelf_ and the histories on it
  Shelf<History> shelf_;
};

}  // namespace patchbay
