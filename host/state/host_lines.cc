// SPDX-License-Identifier: MIT
#include "state/host_lines.h"

#include <iterator>

#include "codec/event.h"

namespace patchbay {
namespace {

// The lines of that language, or of the one that it is a kind of; null where there are none.
const SpokenLines* find_lines(const AgentConfig& agent, std::string_view language) {
  for (std::string key = language_key(language); !key.empty();) {
    if (const auto found = agent.lines.find(key); found != agent.lines.end()) return &found->second;
    const std::size_t dash = key.rfind('-');
    key.resize(dash == std::string::npos ? 0 : dash);
  }
  return nullptr;
}

}  // namespace

std::string fallback_for(const AgentConfig& agent, std::string_view language) {
  const SpokenLines* lines = find_lines(agent, language);
  return lines != nullptr && !lines->fallback.empty() ? lines->fallback : agent.fallback;
}

const std::vector<std::string>& fillers_for(const AgentConfig& agent, std::string_view language) {
  const SpokenLines* lines = find_lines(agent, language);
  return lines != nullptr && !lines->fillers.empty() ? lines->fillers : agent.fillers;
}

std::string HostLines::language(const std::string& agent, const std::string& conversation,
                                std::string_view said_now) {
  if (conversation.empty()) return std::string(said_now);
  const std::string key = conversation_name(agent, conversation);
  const std::lock_guard lock(mutex_);
  if (!said_now.empty()) return touch_locked(key)->language = said_now;
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? std::string() : touch_locked(key)->language;
}

std::string HostLines::next_filler(const AgentConfig& agent, const std::string& conversation,
                                   std::string_view language) {
  const std::vector<std::string>& fillers = fillers_for(agent, language);
  if (fillers.empty()) return {};
  if (conversation.empty()) return fillers.front();
  const std::lock_guard lock(mutex_);
  Conversation& talk = *touch_locked(conversation_name(agent.name, conversation));
  return fillers[talk.next_filler++ % fillers.size()];
}

HostLines::Order::iterator HostLines::touch_locked(const std::string& key) {
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) {
    order_.splice(order_.end(), order_, found->second);
    return found->second;
  }
  order_.push_back({.key = key, .language = {}});
  const auto made = std::prev(order_.end());
  by_key_.emplace(key, made);
  if (order_.size() > most_) {
    by_key_.erase(order_.front().key);
    order_.pop_front();
  }
  return made;
}

std::size_t HostLines::conversations() const {
  const std::lock_guard lock(mutex_);
  return order_.size();
}

}  // namespace patchbay
