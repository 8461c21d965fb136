// SPDX-License-Identifier: MIT
#include "ground/couriers.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace patchbay {

Couriers::Couriers(Timers& timers, Limits limits)
    : timers_(timers), limits_(limits), workers_(limits.most) {}

void Couriers::post(Whose whose, Job job) {
  const std::lock_guard lock(mutex_);
  lines_[whose].jobs.push_back(std::move(job));
  ++waiting_;
  hire_locked();
}

// Few threads are enough for those that do not block.
void Couriers::hire_locked() {
  if (waiting_ == 0) return;
  if (running_ - blocked_locked() < limits_.few && running_ < limits_.most) {
    ++running_;
    workers_.post([this] { run(); });
  }
  if (std::exchange(watched_, true)) return;
  timers_.at(Clock::now() + limits_.patience, [this] {  // they may all have come to block
    const std::lock_guard lock(mutex_);
    watched_ = false;
    hire_locked();
  });
}

std::size_t Couriers::blocked_locked() const {
  const auto long_ago = out_.lower_bound(Clock::now() - limits_.patience);
  return static_cast<std::size_t>(std::distance(out_.begin(), long_ago));
}

// The next in turn who has a job and has not its share of threads.
Couriers::Lines::iterator Couriers::next_locked() {
  const auto may = [&](const auto& line) {
    return !line.second.jobs.empty() && line.second.running < limits_.most_of_one;
  };
  const auto after = lines_.upper_bound(last_);
  const auto found = std::find_if(after, lines_.end(), may);
  return found != lines_.end() ? found : std::find_if(lines_.begin(), lines_.end(), may);
}

void Couriers::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto line = next_locked();
    if (line == lines_.end() || running_ - blocked_locked() > limits_.few) {
      --running_;
      return;
    }
    last_ = line->first;
    Job job = std::move(line->second.jobs.front());
    line->second.jobs.pop_front();
    ++line->second.running;
    --waiting_;
    const auto out = out_.insert(Clock::now());
    lock.unlock();
    job();
    job = nullptr;  // what it holds dies before it counts as done
    lock.lock();
    out_.erase(out);
    if (--line->second.running == 0 && line->second.jobs.empty()) lines_.erase(line);
  }
}

}  // namespace patchbay
