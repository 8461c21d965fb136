// SPDX-License-Identifier: MIT
// Runs our scripts in one Redis server, and plain commands behind them, in one round trip.
#pragma once
#include <array>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "machine/redis_pool.h"
#include "machine/redis_scripts.h"

namespace patchbay {

// One call of a script: its keys and arguments.
struct ScriptCall {
  RedisScript script;
  std::vector<std::string> keys;
  std::vector<std::string> arguments;
};

class RedisCaller {
 public:
  // Connects at the first call.
  RedisCaller(RedisAddress address, RedisPool::Limits limits)
      : address_(address), limits_(limits), pool_(std::move(address), limits) {}

  // Does it answer, and let us in? [any]
  [[nodiscard]] Problem reach();

  // What each says, in order, the commands last. Where the server has lost a script, it and all
  // after it run again: had a later one gone first, it would have met another state than it was
  // meant for. [any]
  Result<std::vector<RedisReply>> run(std::span<const ScriptCall> calls,
                                      std::span<const RedisCommand> commands = {});
  // The same for scripts that answer with numbers. [any]
  Result<std::vector<std::int64_t>> count(std::span<const ScriptCall> calls);
  Result<std::int64_t> count(const ScriptCall& call);

  // As RedisPool. [any]
  Result<std::vector<RedisReply>> ask(std::span<const RedisCommand> commands) {
    return pool_.ask(commands);
  }
  [[nodiscard]] Error refusal(const RedisReply& reply) const { return pool_.refusal(reply); }
  [[nodiscard]] Error wrong_kind(std::string_view key) const { return pool_.wrong_kind(key); }
  [[nodiscard]] const RedisAddress& address() const { return address_; }
  [[nodiscard]] Milliseconds patience() const { return limits_.patience; }

 private:
  using Digests = std::array<std::string, redis_scripts>;
  Result<std::vector<RedisReply>> send(std::span<const ScriptCall> calls,
                                       std::span<const RedisCommand> commands,
                                       const Digests* digests);
  Result<Digests> digests();

  const RedisAddress address_;
  const RedisPool::Limits limits_;
  RedisPool pool_;
  std::mutex mutex_;  // guards digests_
  Digests digests_;   // what the server calls the scripts; empty until it said so
};

}  // namespace patchbay
