// SPDX-License-Identifier: MIT
// What the host itself says where an agent does not, and in whose language. Says nothing: it
// chooses.
#pragma once
#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "codec/config.h"

namespace patchbay {

// "de-AT" finds the lines of "de-at", else of "de"; else the agent's own. A language that has no
// line of a kind has the agent's own there.
std::string fallback_for(const AgentConfig& agent, std::string_view language);
const std::vector<std::string>& fillers_for(const AgentConfig& agent, std::string_view language);

// What is remembered of conversations for that: their language, and which filler comes next.
class HostLines {
 public:
  explicit HostLines(std::size_t most = 100'000) : most_(most) {}

  // The language of a conversation: what its event says now, else what one said before. [any]
  std::string language(const std::string& agent, const std::string& conversation,
                       std::string_view said_now);
  // The next filler, each in its turn; empty where the agent has none. [any]
  std::string next_filler(const AgentConfig& agent, const std::string& conversation,
                          std::string_view language);

  [[nodiscard]] std::size_t conversations() const;

 private:
  struct Conversation {
    std::string key;
    std::string language;
    std::size_t next_filler = 0;
  };
  using Order = std::list<Conversation>;  // used longest ago first
  Order::iterator touch_locked(const std::string& key);

  const std::size_t most_;    // beyond, the one unused for longest is forgotten
  mutable std::mutex mutex_;  // guards everything below
  Order order_;
  std::unordered_map<std::string, Order::iterator> by_key_;
};

}  // namespace patchbay
