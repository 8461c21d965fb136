// SPDX-License-Identifier: MIT
// The connections of one reactor: found by their token, and in the order in which their time in a
// state ends. Waits for nothing and closes nothing by itself. [reactor]
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

#include "ground/clock.h"
#include "street/connection.h"
#include "street/inbox.h"

namespace patchbay {

class Roster {
 public:
  explicit Roster(const StreetLimits& limits) : limits_(limits) {}

  Connection& add(Connection::Place& place, Token token, Arrival arrival, Moment now);
  Connection* find(Token token);  // null where it is gone
  // Wanted after everything that a connection did: its time starts anew where it entered a state. A
  // closed one is destroyed, and false returned.
  bool settle(const Connection& connection, Moment now);

  Connection* overdue(Moment now);  // one whose time is over; null where there is none
  [[nodiscard]] std::optional<Moment> next_end() const;
  [[nodiscard]] std::size_t size() const { return by_token_.size(); }
  void close_all();

 private:
  struct Entry {
    Entry(Connection::Place& place, Token token, Arrival arrival)
        : connection(place, token, std::move(arrival)) {}
    Connection connection;
    Moment until;
    std::uint32_t entries = 0;  // of the connection, when its time was set
  };
  using Entries = std::list<Entry>;

  [[nodiscard]] Milliseconds time_for(Connection::State state) const;
  Entries& list_of(Connection::State state) { return lists_[static_cast<std::size_t>(state)]; }

  const StreetLimits& limits_;
  // All connections of a state have the same time, so each list is in the order of its ends.
  std::array<Entries, 5> lists_;
  struct Place {
    Entries* list;
    Entries::iterator entry;
  };
  std::unordered_map<Token, Place> by_token_;
};

}  // namespace patchbay
