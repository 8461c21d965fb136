// SPDX-License-Identifier: MIT
#include "state/memory.h"

namespace patchbay {
namespace {

std::string name_of(std::string_view owner, std::string_view conversation) {
  std::string name(owner);
  name += '\n';
  name += conversation;
  return name;
}

}  // namespace

Memory::Memory() : Memory(Limits{}) {}

Memory::Value Memory::get(std::string_view owner, std::string_view conversation,
                          std::string_view key, Moment now) {
  const std::lock_guard lock(mutex_);
  const std::string name = name_of(owner, conversation);
  if (!by_name_.contains(name)) return {};
  const auto at = touch(name, now);
  const auto found = at->values.find(std::string(key));
  return found == at->values.end() ? Value{} : found->second;
}

vap_status_t Memory::put(std::string_view owner, std::string_view conversation,
                         std::string_view key, std::string_view value, std::uint64_t revision,
                         Moment now) {
  if (key.empty()) return VAP_E_INVALID;
  if (key.size() > limits_.key || value.size() > limits_.value) return VAP_E_LIMIT;
  const std::lock_guard lock(mutex_);
  const std::string name = name_of(owner, conversation);
  if (value.empty() && !by_name_.contains(name))
    return revision == 0 || revision == UINT64_MAX ? VAP_OK : VAP_E_CONFLICT;
  auto& values = touch(name, now)->values;
  const auto found = values.find(std::string(key));
  const std::uint64_t current = found == values.end() ? 0 : found->second.revision;
  if (revision != UINT64_MAX && revision != current) return VAP_E_CONFLICT;
  if (value.empty()) {
    if (found != values.end()) values.erase(found);
    return VAP_OK;
  }
  if (found == values.end() && values.size() >= limits_.keys) return VAP_E_LIMIT;
  values[std::string(key)] = {std::make_shared<const std::string>(value), next_revision_++};
  return VAP_OK;
}

void Memory::session_ended(std::string_view owner, std::string_view conversation, Moment now) {
  const std::lock_guard lock(mutex_);
  const auto found = by_name_.find(name_of(owner, conversation));
  if (found != by_name_.end()) found->second->forget_at = now + limits_.after_session_end;
}

void Memory::sweep(Moment now) {
  const std::lock_guard lock(mutex_);
  for (auto at = order_.begin(); at != order_.end();) {
    if (at->forget_at > now) {
      ++at;
      continue;
    }
    by_name_.erase(at->name);
    at = order_.erase(at);
  }
}

std::size_t Memory::conversations() const {
  const std::lock_guard lock(mutex_);
  return order_.size();
}

Memory::Order::iterator Memory::touch(const std::string& name, Moment now) {
  auto found = by_name_.find(name);
  if (found == by_name_.end()) {
    if (order_.size() >= limits_.conversations) {
      by_name_.erase(order_.front().name);
      order_.pop_front();
    }
    found = by_name_.emplace(name, order_.insert(order_.end(), Conversation{name, {}, {}})).first;
  }
  order_.splice(order_.end(), order_, found->second);
  found->second->forget_at = now + limits_.idle;
  return found->second;
}

}  // namespace patchbay
