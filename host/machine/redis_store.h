// SPDX-License-Identifier: MIT
// Conversations in a Redis or Valkey server, for a fleet: any host finds any conversation, and a
// lease keeps two of them from running the same one. One server, with replicas or without; not a
// cluster, since one script touches a conversation and the indexes.
//
//   PREFIX c:NAME         a hash: each record's key, and its revision and value; expires by itself
//   PREFIX lease:NAME     who runs the conversation now; expires by itself
//   PREFIX by-last-write  a sorted set of names, to list them
//   PREFIX by-forget-at   a sorted set of names, to know which of the first have expired
#pragma once
#include <array>
#include <mutex>
#include <string>
#include <vector>

#include "machine/redis_pool.h"
#include "machine/redis_scripts.h"
#include "machine/store.h"

namespace patchbay {

class RedisStore : public Store {
 public:
  struct Options {
    RedisAddress address;
    std::string prefix = "patchbay:";
    RedisPool::Limits limits = {};
  };

  // Connects at the first call.
  explicit RedisStore(Options options)
      : prefix_(std::move(options.prefix)), pool_(std::move(options.address), options.limits) {}

  // Does it answer, and let us in? For a start that shall fail early. [any]
  [[nodiscard]] Problem reach();

  Result<std::vector<Record>> load(std::string_view conversation) override;
  Result<std::vector<Written>> write(std::span<const Write> batch) override;
  Result<bool> forget(std::string_view conversation) override;
  Result<Page> list(std::string_view prefix, std::string_view from, std::size_t most) override;
  Result<std::size_t> sweep() override;
  Result<bool> claim(std::string_view conversation, std::string_view holder,
                     Milliseconds time) override;
  Result<bool> release(std::string_view conversation, std::string_view holder) override;

 private:
  using Digests = std::array<std::string, redis_scripts>;
  // One call of a script: its keys and arguments.
  struct ScriptCall {
    RedisScript script;
    std::vector<std::string> keys;
    std::vector<std::string> arguments;
  };
  // What each says, in order. Where the server has lost a script, it and all after it run again:
  // had a later one gone first, it would have met another state than it was meant for.
  Result<std::vector<std::int64_t>> run(const std::vector<ScriptCall>& calls);
  Result<std::int64_t> run_one(ScriptCall call);
  Result<std::vector<RedisReply>> ask(std::span<const ScriptCall> calls, const Digests* digests);
  Result<Digests> digests();
  Result<std::vector<bool>> which_are_there(const std::vector<Listed>& listed);
  [[nodiscard]] std::string key_of(std::string_view kind, std::string_view name = {}) const;

  const std::string prefix_;
  RedisPool pool_;
  std::mutex mutex_;  // guards digests_
  Digests digests_;   // what the server calls the scripts; empty until it said so
};

}  // namespace patchbay
