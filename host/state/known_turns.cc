// SPDX-License-Identifier: MIT
#include "state/known_turns.h"

#include <utility>

namespace patchbay {

void KnownTurns::restore(std::vector<TurnRecord> turns, History::Limits limits) {
  History history(limits);
  history.restore(std::move(turns));
  history.keep_replies(history_);
  history_ = std::move(history);
}

std::vector<std::uint64_t> KnownTurns::begin(TurnRecord opening, std::uint64_t reply,
                                             const std::optional<Interruption>& interruption,
                                             bool may_resume) {
  const bool runs = unseen_.erase(reply) > 0;
  const TurnRecord* same = known_as(opening);
  const bool is_elsewhere = same != nullptr && has_no_end_here(*same);
  if (is_elsewhere && !may_resume) return {};
  const bool is_over = same != nullptr && is_answer(*same, opening);
  if (is_over && !runs) {
    before_.emplace(reply, same->number);
    return {};
  }
  const bool resumes = same != nullptr && !is_over && history_.is_newest(same->number) &&
                       (is_elsewhere || never_ran(*same));
  std::vector<std::uint64_t> changed;
  if (interruption) {
    if (const auto correction = history_.heard(*interruption); correction.turn != nullptr)
      changed.push_back(correction.turn->number);
  }
  const TurnRecord& turn = resumes ? history_.resume(same->number, opening, reply)
                                   : history_.begin(std::move(opening), reply);
  changed.push_back(turn.number);
  return changed;
}

std::uint64_t KnownTurns::go_on(std::uint64_t reply, std::span<const SaidPiece> said) {
  const std::uint64_t number = history_.number_of(reply);
  return history_.said(number, said) == nullptr ? 0 : number;
}

std::uint64_t KnownTurns::end(std::uint64_t reply, std::span<const SaidPiece> said,
                              std::string_view outcome, std::int64_t unix_ms, BesideWords beside) {
  const std::uint64_t number = history_.number_of(reply);
  history_.said(number, said);
  return history_.ended(number, outcome, unix_ms, std::move(beside)) == nullptr ? 0 : number;
}

std::optional<KnownTurns::Before> KnownTurns::ended_before(const TurnRecord& opening) const {
  const TurnRecord* same = known_as(opening);
  if (same == nullptr || !is_answer(*same, opening)) return std::nullopt;
  return Before{*same, !history_.is_newest(same->number)};
}

std::optional<KnownTurns::Before> KnownTurns::take_before(std::uint64_t reply) {
  const auto found = before_.find(reply);
  if (found == before_.end()) return std::nullopt;
  const std::uint64_t number = found->second;
  before_.erase(found);
  const TurnRecord* turn = history_.turn(number);
  if (turn == nullptr) return std::nullopt;
  return Before{*turn, !history_.is_newest(number)};
}

bool KnownTurns::is_repeat(std::uint64_t reply, const TurnRecord* opening) const {
  return before_.contains(reply) || (opening != nullptr && ended_before(*opening));
}

bool KnownTurns::runs_elsewhere(const TurnRecord* opening) const {
  const TurnRecord* same = opening == nullptr ? nullptr : known_as(*opening);
  return same != nullptr && has_no_end_here(*same);
}

// Another host runs it, or has died over it.
bool KnownTurns::has_no_end_here(const TurnRecord& turn) const {
  return turn.ended_ms == 0 && !history_.is_ours(turn.number);
}

// The turn in the history that is the same; null where none is, or where none counts as such.
const TurnRecord* KnownTurns::known_as(const TurnRecord& opening) const {
  return window_ > Milliseconds{0} ? history_.same_as(opening) : nullptr;
}

// Its caller was gone before any worker was free, and nobody has an answer to it.
bool KnownTurns::never_ran(const TurnRecord& turn) const {
  return turn.beside.unheard_of && turn.outcome == "caller_gone" && history_.is_newest(turn.number);
}

bool KnownTurns::is_answer(const TurnRecord& turn, const TurnRecord& opening) const {
  return turn.ended_ms != 0 && opening.begun_ms - turn.ended_ms < window_.count() &&
         !never_ran(turn);
}

}  // namespace patchbay
