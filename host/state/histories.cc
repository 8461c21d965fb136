// SPDX-License-Identifier: MIT
#include "state/histories.h"

#include <utility>

namespace patchbay {

Histories::Histories() : Histories(Limits{}) {}

Histories::Histories(Limits limits) : limits_(limits), shelf_(limits.all) {}

void Histories::begin(std::string_view owner, std::string_view conversation, TurnRecord opening,
                      std::uint64_t reply, Moment now) {
  const std::lock_guard lock(mutex_);
  shelf_.find_or_make(shelf_name(owner, conversation), now, History(limits_.one))
      .begin(std::move(opening), reply);
}

void Histories::said(std::string_view owner, std::string_view conversation, std::uint64_t reply,
                     std::span<const SaidPiece> pieces, Moment now) {
  const std::lock_guard lock(mutex_);
  if (History* history = shelf_.find(shelf_name(owner, conversation), now))
    history->said(history->number_of(reply), pieces);
}

void Histories::ended(std::string_view owner, std::string_view conversation, std::uint64_t reply,
                      std::string_view outcome, std::int64_t unix_ms, Moment now) {
  const std::lock_guard lock(mutex_);
  if (History* history = shelf_.find(shelf_name(owner, conversation), now))
    history->ended(history->number_of(reply), outcome, unix_ms);
}

History::Corrected Histories::heard(std::string_view owner, std::string_view conversation,
                                    const Interruption& interruption, Moment now) {
  const std::lock_guard lock(mutex_);
  History* history = shelf_.find(shelf_name(owner, conversation), now);
  return history == nullptr ? History::Corrected::unknown_turn : history->heard(interruption).what;
}

std::vector<HistoryLine> Histories::lines(std::string_view owner, std::string_view conversation,
                                          std::uint64_t reply, std::size_t most, std::size_t bytes,
                                          Moment now) {
  const std::lock_guard lock(mutex_);
  const History* history = shelf_.find(shelf_name(owner, conversation), now);
  if (history == nullptr) return {};
  return history->lines(history->number_of(reply), most, bytes);
}

void Histories::session_ended(std::string_view owner, std::string_view conversation, Moment now) {
  const std::lock_guard lock(mutex_);
  shelf_.session_ended(shelf_name(owner, conversation), now);
}

void Histories::sweep(Moment now) {
  const std::lock_guard lock(mutex_);
  shelf_.sweep(now);
}

std::size_t Histories::conversations() const {
  const std::lock_guard lock(mutex_);
  return shelf_.size();
}

}  // namespace patchbay
