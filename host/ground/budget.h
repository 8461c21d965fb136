// SPDX-License-Identifier: MIT
// How many bytes many may hold together, and what one of them holds of that. Owns no memory:
// whoever allocates asks first.
#pragma once
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace patchbay {

class Budget {
 public:
  explicit Budget(std::size_t most) : most_(most) {}
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  // False, and nothing taken, where it would be more than there is. [any]
  [[nodiscard]] bool take(std::size_t bytes);
  void give_back(std::size_t bytes) {
    taken_.fetch_sub(bytes, std::memory_order_relaxed);
  }  // [any]

  [[nodiscard]] std::size_t most() const { return most_; }
  [[nodiscard]] std::size_t taken() const {
    return taken_.load(std::memory_order_relaxed);
  }  // [any]

 private:
  const std::size_t most_;
  std::atomic<std::size_t> taken_{0};
};

// What it has taken goes back when it dies. One thread at a time.
class Share {
 public:
  explicit Share(std::shared_ptr<Budget> budget) : budget_(std::move(budget)) {}
  ~Share() { budget_->give_back(bytes_); }
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;

  // So many in all. False, and nothing changed, where the budget does not allow it.
  [[nodiscard]] bool grow_to(std::size_t bytes);
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  const std::shared_ptr<Budget> budget_;
  std::size_t bytes_ = 0;
};

}  // namespace patchbay
