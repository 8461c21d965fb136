// SPDX-License-Identifier: MIT
// Conversations in a Redis or Valkey server, for a fleet: any host finds any conversation; what
// each works on just now is in redis_holds. One server, with replicas or without; not a cluster,
// since one script touches a conversation and the indexes.
//
//   PREFIX c:NAME         a hash: each record's key, and its revision and value; expires by itself
//   PREFIX by-last-write  a sorted set of names, to list them
//   PREFIX by-forget-at   a sorted set of names, to know which of the first have expired
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "machine/redis_caller.h"
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
      : prefix_(std::move(options.prefix)),
        caller_(std::make_shared<RedisCaller>(std::move(options.address), options.limits)) {}

  // What it asks the server by, for others who ask the same one. [any]
  [[nodiscard]] const std::shared_ptr<RedisCaller>& caller() const { return caller_; }

  [[nodiscard]] Problem look() override { return caller_->reach(); }
  Result<std::vector<Record>> load(std::string_view conversation) override;
  Result<std::vector<Written>> write(std::span<const Write> batch) override;
  Result<bool> forget(std::string_view conversation) override;
  Result<Page> list(std::string_view prefix, std::string_view from, std::size_t most) override;
  Result<std::size_t> sweep() override;

 private:
  Result<std::vector<bool>> which_are_there(const std::vector<Listed>& listed);
  [[nodiscard]] std::string key_of(std::string_view kind, std::string_view name = {}) const;

  const std::string prefix_;
  const std::shared_ptr<RedisCaller> caller_;
};

}  // namespace patchbay
