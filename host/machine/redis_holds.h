// SPDX-License-Identifier: MIT
// Holds in the Redis or Valkey server that a fleet shares (see redis_store for the rest):
//
//   PREFIX hold:NAME      the holder's name, and his task; expires by itself
//   PREFIX wanted:HOLDER  a list: what others want of his; expires by itself
//
// A list and not a channel: what is told while the holder's connection is down waits for him, and
// an ACL needs no rights on channels.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "machine/holds.h"
#include "machine/redis_caller.h"

namespace patchbay {

class RedisHolds : public Holds {
 public:
  // `holder`: a name that no other host has, always of this length.
  RedisHolds(std::shared_ptr<RedisCaller> caller, std::string prefix, std::string holder)
      : caller_(std::move(caller)), prefix_(std::move(prefix)), holder_(std::move(holder)) {}

  Result<Found> take_and_load(const Hold& wanted, Milliseconds time) override;
  Result<Taken> claim(const Hold& wanted, Milliseconds time, bool by_force) override;
  Result<std::vector<bool>> prolong(std::span<const Hold> ours, Milliseconds time) override;
  Problem release(std::span<const Hold> ours) override;
  Result<std::vector<Hold>> await_wanted(const Interrupt& interrupt) override;

 private:
  [[nodiscard]] std::string key_of(std::string_view kind, std::string_view name) const;

  const std::shared_ptr<RedisCaller> caller_;
  const std::string prefix_;
  const std::string holder_;
  std::unique_ptr<RedisLink> ear_;  // of await_wanted()'s thread
};

}  // namespace patchbay
