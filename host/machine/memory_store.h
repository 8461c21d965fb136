// SPDX-License-Identifier: MIT
// Conversations in this process's memory: the store of tests and of `patchbay dev`. Lost with it.
#pragma once
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "machine/store.h"

namespace patchbay {

class MemoryStore : public Store {
 public:
  [[nodiscard]] Problem look() override { return std::nullopt; }
  Result<std::vector<Record>> load(std::string_view conversation) override;
  Result<std::vector<Written>> write(std::span<const Write> batch) override;
  Result<bool> forget(std::string_view conversation) override;
  Result<Page> list(std::string_view prefix, std::string_view from, std::size_t most) override;
  Result<std::size_t> sweep() override;

 private:
  struct Held {
    std::string value;
    std::uint64_t revision = 0;
  };
  struct Conversation {
    std::map<std::string, Held, std::less<>> records;
    std::uint64_t turn = 0;  // counts writes: the higher, the later
    WallTime last_write;
    WallTime forget_at;
  };
  using Conversations = std::map<std::string, Conversation, std::less<>>;

  Written write_locked(const Write& write, WallTime now);

  std::mutex mutex_;  // guards everything below
  Conversations conversations_;
  std::uint64_t next_turn_ = 1;
};

}  // namespace patchbay
