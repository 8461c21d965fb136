// SPDX-License-Identifier: MIT
// What agents remember of a conversation (vap.state/1): small values under keys, each with a
// revision to compare. Lives in the host, so it outlives an agent's reload; it is lost with the
// process.
#pragma once
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ground/clock.h"
#include "vap/vap.h"

namespace patchbay {

class Memory {
 public:
  struct Limits {
    std::size_t key = 256;                // bytes
    std::size_t value = 64 * 1024;        // bytes
    std::size_t keys = 256;               // in one conversation
    std::size_t conversations = 100'000;  // beyond, the one unused for longest is forgotten
    Seconds idle{24 * 3600};         // forgotten after so long without use: a session's longest
    Seconds after_session_end{600};  // kept a while: a caller who reconnects is still known
  };
  struct Value {
    std::shared_ptr<const std::string> bytes;  // null where the key is absent
    std::uint64_t revision = 0;                // 0 where the key is absent
  };

  Memory();  // with the limits as they stand above
  explicit Memory(Limits limits) : limits_(limits) {}

  // `owner` is the agent's name: agents do not see each other's memory. [any]
  Value get(std::string_view owner, std::string_view conversation, std::string_view key,
            Moment now);
  // Stores if the revision still is `revision` (UINT64_MAX: in any case); an empty value removes.
  // VAP_E_CONFLICT, VAP_E_LIMIT, or VAP_E_INVALID for an empty key. [any]
  vap_status_t put(std::string_view owner, std::string_view conversation, std::string_view key,
                   std::string_view value, std::uint64_t revision, Moment now);
  // The session is over: from here the conversation is only kept for a caller who comes back. [any]
  void session_ended(std::string_view owner, std::string_view conversation, Moment now);
  // Forgets what has had its time. [any]
  void sweep(Moment now);

  [[nodiscard]] std::size_t conversations() const;

 private:
  struct Conversation {
    std::string name;
    Moment forget_at;
    std::unordered_map<std::string, Value> values;
  };
  using Order = std::list<Conversation>;  // used longest ago first
  Order::iterator touch(const std::string& name, Moment now);

  const Limits limits_;
  mutable std::mutex mutex_;  // guards everything below
  Order order_;
  std::unordered_map<std::string, Order::iterator> by_name_;
  std::uint64_t next_revision_ = 1;  // never used twice, so that removed-and-made-again is a change
};

}  // namespace patchbay
