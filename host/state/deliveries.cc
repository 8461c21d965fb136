// SPDX-License-Identifier: MIT
#include "state/deliveries.h"

#include <algorithm>
#include <utility>

namespace patchbay {
namespace {

bool has_name(const Reply& reply) {
  return reply.facts().turn && !reply.facts().turn->empty() && !reply.facts().conversation.empty();
}

// With the session: who calls again in the same conversation may be welcomed under the same id.
// No two turns have one key: neither the name of an agent, nor of an event, nor an id that
// decode_event lets in has a line break in it.
std::string key_of(const Reply& reply) {
  const TurnFacts& facts = reply.facts();
  std::string key;
  key.reserve(reply.talk().size() + facts.session.size() + facts.event.size() + facts.turn->size() +
              3);
  key.append(reply.talk()).append(1, '\n').append(facts.session).append(1, '\n');
  return key.append(facts.event).append(1, '\n').append(*facts.turn);
}

}  // namespace

Deliveries::Seen Deliveries::begin(const std::shared_ptr<Reply>& reply, std::uint64_t content,
                                   bool may_run, Moment now) {
  const bool speaks = reply->kind() == ReplyKind::stream;
  if (reply->facts().conversation.empty()) return {};
  const std::string& talk = reply->talk();
  const std::lock_guard lock(mutex_);
  forget_locked(now);
  if (!has_name(*reply)) {
    const auto found = talks_.find(talk);
    if (may_run && speaks && found != talks_.end()) found->second.newest = reply->number();
    return {};
  }
  const std::string key = key_of(*reply);
  auto found = by_key_.find(key);
  Seen seen;
  if (found != by_key_.end()) {
    const Entry& entry = found->second;
    seen.overtaken = is_overtaken_locked(talk, entry.number);
    // A turn whose caller was gone before any worker was free: it runs now for the first time.
    const bool never_ran = entry.over && !entry.over->given && !seen.overtaken &&
                           entry.over->outcome == Outcome::caller_gone;
    if (entry.content != content) {
      seen.known = Known::other_text;
    } else if (!never_ran) {
      seen.known = entry.running ? Known::running : Known::over;
      seen.running = entry.running;
      seen.over = entry.over;
      return seen;
    }
  }
  if (!may_run) return seen;
  if (found == by_key_.end()) {
    found = by_key_.try_emplace(key).first;
    ++talks_[talk].entries;
  }
  if (speaks) talks_[talk].newest = reply->number();
  take_locked(found->second, reply, content);
  return seen;
}

void Deliveries::take_locked(Entry& entry, const std::shared_ptr<Reply>& reply,
                             std::uint64_t content) {
  if (entry.over) bytes_ -= entry.over->bytes();
  entry = {content, reply->number(), reply, nullptr};
}

bool Deliveries::is_overtaken_locked(const std::string& talk, vap_reply_t number) const {
  const auto found = talks_.find(talk);
  return found != talks_.end() && found->second.newest > number;
}

void Deliveries::end(const Reply& reply, Moment now) {
  if (!has_name(reply)) return;
  std::shared_ptr<Reply> let_go;  // dies after the lock: with it may go a lease
  auto over = std::make_shared<const Recorded>(reply.recorded());
  const std::lock_guard lock(mutex_);
  std::string key = key_of(reply);
  const auto found = by_key_.find(key);
  if (found == by_key_.end() || found->second.number != reply.number()) return;
  let_go = std::exchange(found->second.running, nullptr);
  bytes_ += over->bytes();
  found->second.over = std::move(over);
  if (found->second.forgotten) empty_locked(found->second);
  over_.push_back({std::move(key), reply.talk(), reply.number(), now + limits_.window});
  forget_locked(now);
}

void Deliveries::disown(const Reply& reply) {
  if (!has_name(reply)) return;
  std::shared_ptr<Reply> let_go;  // dies after the lock
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key_of(reply));
  if (found == by_key_.end() || found->second.number != reply.number()) return;
  let_go = std::move(found->second.running);
  if (found->second.over) bytes_ -= found->second.over->bytes();
  by_key_.erase(found);
  leave_talk_locked(reply.talk());
}

void Deliveries::forget_locked(Moment now) {
  while (!over_.empty() && (over_.front().until <= now || over_.size() > limits_.count)) {
    const auto found = by_key_.find(over_.front().key);
    if (found != by_key_.end() && found->second.number == over_.front().number) {
      bytes_ -= found->second.over->bytes();
      by_key_.erase(found);
      leave_talk_locked(over_.front().talk);
    }
    over_.pop_front();
    emptied_ -= std::min<std::size_t>(emptied_, 1);
  }
  for (; bytes_ > limits_.bytes && emptied_ < over_.size(); ++emptied_) {
    const auto found = by_key_.find(over_[emptied_].key);
    if (found == by_key_.end() || found->second.number != over_[emptied_].number) continue;
    empty_locked(found->second);
  }
}

// Its turn is over; of the answer only what became of it stays.
void Deliveries::empty_locked(Entry& entry) {
  const Recorded& old = *entry.over;
  bytes_ -= old.bytes();
  entry.over = std::make_shared<const Recorded>(Recorded{.kind = old.kind,
                                                         .outcome = old.outcome,
                                                         .given = old.given,
                                                         .spoken = old.spoken,
                                                         .whole = false});
}

// Rare, so all are looked through.
void Deliveries::forget(const std::string& conversation) {
  const std::lock_guard lock(mutex_);
  for (auto& [key, entry] : by_key_) {
    if (entry.running && entry.running->talk() == conversation) entry.forgotten = true;
  }
  for (const Over& over : over_) {
    if (over.talk != conversation) continue;
    const auto found = by_key_.find(over.key);
    if (found != by_key_.end() && found->second.number == over.number) empty_locked(found->second);
  }
}

void Deliveries::leave_talk_locked(const std::string& talk) {
  const auto found = talks_.find(talk);
  if (found != talks_.end() && --found->second.entries == 0) talks_.erase(found);
}

std::size_t Deliveries::kept() const {
  const std::lock_guard lock(mutex_);
  return by_key_.size();
}

std::size_t Deliveries::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace patchbay
