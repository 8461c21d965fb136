// SPDX-License-Identifier: MIT
// A store in memory that can be taken down, or made to hang, and that counts what it is asked.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "machine/memory_store.h"
#include "machine/store.h"
#include "support/wait.h"

namespace patchbay::test {

class GatedStore : public Store {
 public:
  [[nodiscard]] Problem look() override { return std::nullopt; }
  Result<std::vector<Record>> load(std::string_view conversation) override {
    ++loads;
    if (!unreadable && !refused.empty() && conversation == refused) return refusal();
    if (unreadable || (!broken.empty() && conversation == broken)) return away();
    return inner_.load(conversation);
  }
  Result<std::vector<Written>> write(std::span<const Write> batch) override {
    ++batches;
    largest_batch = std::max(largest_batch.load(), batch.size());
    eventually([this] { return !hangs; });
    if (down) return away();
    const bool takes_all = std::none_of(batch.begin(), batch.end(), [this](const Write& write) {
      return !refused.empty() && write.conversation == refused;
    });
    if (!takes_all) return refusal();
    Result<std::vector<Written>> written = inner_.write(batch);
    if (answers_lost > 0 && answers_lost-- > 0) return away();
    return written;
  }
  Result<bool> forget(std::string_view conversation) override {
    if (down) return away();
    return inner_.forget(conversation);
  }
  Result<Page> list(std::string_view prefix, std::string_view from, std::size_t most) override {
    return inner_.list(prefix, from, most);
  }
  Result<std::size_t> sweep() override {
    ++sweeps;
    return inner_.sweep();
  }

  std::atomic<bool> down = false;  // for writing
  std::atomic<bool> unreadable = false;
  std::string broken;   // this conversation cannot be read; set before anybody asks
  std::string refused;  // nor is this one, nor written: the store answers so; set as above
  std::atomic<bool> hangs = false;
  std::atomic<int> answers_lost = 0;  // so many batches are done, and nobody hears of it
  std::atomic<int> batches = 0;
  std::atomic<std::size_t> largest_batch = 0;
  std::atomic<int> sweeps = 0;
  std::atomic<int> loads = 0;

 private:
  static Error refusal() { return {store_code::refuses, "not that one", "mend it"}; }
  static Error away() { return {"store_gone", "the store is away", "bring it back"}; }

  MemoryStore inner_;
};

}  // namespace patchbay::test
