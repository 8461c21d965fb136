// SPDX-License-Identifier: MIT
#include "street/roster.h"

#include <utility>

namespace patchbay {

Connection& Roster::add(Connection::Place& place, Token token, Arrival arrival, Moment now) {
  Entries& idle = list_of(Connection::State::idle);
  idle.emplace_back(place, token, std::move(arrival));
  const auto entry = std::prev(idle.end());
  entry->until = now + time_for(Connection::State::idle);
  by_token_.emplace(token, Place{&idle, entry});
  return entry->connection;
}

Connection* Roster::find(Token token) {
  const auto found = by_token_.find(token);
  return found == by_token_.end() ? nullptr : &found->second.entry->connection;
}

bool Roster::settle(const Connection& connection, Moment now) {
  const auto found = by_token_.find(connection.token());
  auto& [list, entry] = found->second;
  if (connection.state() == Connection::State::closed) {
    list->erase(entry);
    by_token_.erase(found);
    return false;
  }
  if (entry->entries == connection.entries()) return true;
  entry->entries = connection.entries();
  entry->until = now + time_for(connection.state());
  Entries& home = list_of(connection.state());
  home.splice(home.end(), *list, entry);
  list = &home;
  return true;
}

Connection* Roster::overdue(Moment now) {
  for (Entries& list : lists_) {
    if (!list.empty() && list.front().until <= now) return &list.front().connection;
  }
  return nullptr;
}

std::optional<Moment> Roster::next_end() const {
  std::optional<Moment> next;
  for (const Entries& list : lists_) {
    if (!list.empty() && (!next || list.front().until < *next)) next = list.front().until;
  }
  return next;
}

void Roster::close_all() {
  for (auto& [token, place] : by_token_) place.entry->connection.close();
  by_token_.clear();
  for (Entries& list : lists_) list.clear();
}

Milliseconds Roster::time_for(Connection::State state) const {
  switch (state) {
    case Connection::State::idle:
      return limits_.idle_timeout;
    case Connection::State::receiving:
      return limits_.request_timeout;
    case Connection::State::serving:
      return limits_.write_timeout;
    case Connection::State::gathering:
      return limits_.gather_time;
    case Connection::State::lingering:
    case Connection::State::closed:
      break;
  }
  return limits_.linger_timeout;
}

}  // namespace patchbay
