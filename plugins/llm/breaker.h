// SPDX-License-Identifier: MIT
// Is it worth asking this provider? After a few failures in a row it is left alone for a while, and
// then tried by one turn at a time, so that not every caller waits for a server that is down.
#pragma once
#include <algorithm>
#include <chrono>
#include <mutex>

namespace llm {

class Breaker {  // [any]
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr int patience = 3;  // failures in a row
  static constexpr std::chrono::seconds shortest{5}, longest{60};

  // True: ask it. Where it was left alone, the one who is told so tries it for all.
  bool may_ask(Clock::time_point now) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (now < closed_until_) return false;
    if (failures_ >= patience) closed_until_ = now + pause_;
    return true;
  }

  void went_well() {
    const std::lock_guard<std::mutex> lock(mutex_);
    failures_ = 0;
    pause_ = shortest;
    closed_until_ = {};
  }

  // `asked`: how long it said to leave it alone; 0: it said nothing. True: it is left alone from
  // here on.
  bool failed(Clock::time_point now, std::chrono::seconds asked) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const bool was_open = failures_ < patience;
    if (++failures_ < patience && asked.count() <= 0) return false;
    failures_ = std::max(failures_, patience);
    closed_until_ = now + (asked.count() > 0 ? std::min(asked, longest) : pause_);
    pause_ = std::min(pause_ * 2, longest);
    return was_open;
  }

 private:
  std::mutex mutex_;  // guards everything below
  int failures_ = 0;
  std::chrono::seconds pause_ = shortest;
  Clock::time_point closed_until_{};
};

}  // namespace llm
