// SPDX-License-Identifier: MIT
// Runs many short jobs on few threads, and on more only while those block: what plugins do when a
// piece of an answer comes is mostly a moment's work, but some of it waits. Whoever blocks gets a
// share of the threads and no more.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "ground/clock.h"
#include "ground/timers.h"
#include "ground/workers.h"

namespace patchbay {

class Couriers {
 public:
  using Job = std::function<void()>;  // must not throw
  using Whose = const void*;          // never looked into
  struct Limits {
    std::size_t few = 4;            // threads while nobody blocks
    std::size_t most = 1'000;       // threads
    std::size_t most_of_one = 500;  // threads that the jobs of one may hold
    Milliseconds patience{100};     // a job that is out for longer is taken to block
  };

  // `timers` outlives the couriers, and is stopped before they go.
  Couriers(Timers& timers, Limits limits);

  // Runs it soon. Jobs of one begin in their order, and may run at once. [any]
  void post(Whose whose, Job job);
  // True where no job runs or waits within that time. [control]
  bool idle_within(Milliseconds most) { return workers_.idle_within(most); }
  [[nodiscard]] std::size_t threads() const { return workers_.threads(); }

 private:
  struct Line {
    std::deque<Job> jobs;
    std::size_t running = 0;
  };
  using Lines = std::map<Whose, Line>;
  void hire_locked();
  void run();
  Lines::iterator next_locked();
  [[nodiscard]] std::size_t blocked_locked() const;

  Timers& timers_;
  const Limits limits_;
  std::mutex mutex_;           // guards everything below but workers_
  Lines lines_;                // of those who have jobs waiting or running
  Whose last_ = nullptr;       // whose job began last: the next one's turn is after that
  std::multiset<Moment> out_;  // when each running job began
  std::size_t waiting_ = 0;
  std::size_t running_ = 0;  // threads at it
  bool watched_ = false;
  Workers workers_;  // the last member: its threads use the others
};

}  // namespace patchbay
