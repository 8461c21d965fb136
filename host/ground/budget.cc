// SPDX-License-Identifier: MIT
#include "ground/budget.h"

namespace patchbay {

// A figure and nothing else: no memory of others is read by it, so no order is wanted.
bool Budget::take(std::size_t bytes) {
  std::size_t taken = taken_.load(std::memory_order_relaxed);
  do {
    if (taken > most_ || bytes > most_ - taken) return false;
  } while (!taken_.compare_exchange_weak(taken, taken + bytes, std::memory_order_relaxed));
  return true;
}

bool Share::grow_to(std::size_t bytes) {
  if (bytes <= bytes_) return true;
  if (!budget_->take(bytes - bytes_)) return false;
  bytes_ = bytes;
  return true;
}

}  // namespace patchbay
