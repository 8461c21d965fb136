// SPDX-License-Identifier: MIT
// Threads for work that may block: agents' synchronous turns, tasks, upstream calls. One for each
// processor, since short jobs run no faster on more; and, where jobs block, so many more that none
// waits for them, up to a limit or as many as the system gives. An idle thread costs little and
// leaves after a while, but for the last.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include "ground/clock.h"

namespace patchbay {

class Workers {
 public:
  using Job = std::function<void()>;  // must not throw

  // `patience`: while every processor has a thread, and one of them has come back from a job no
  // longer ago, a job waits so long for one of them before it is believed that those have blocked.
  explicit Workers(std::size_t most, Milliseconds patience = Milliseconds{3});
  ~Workers();  // runs what is queued, then joins: a job that never returns blocks here. See
               // idle_within()
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Runs the job on some worker, soon; where all are busy, after those queued before it. [any]
  void post(Job job);

  // Waits until no job runs or is queued. False where that lasts longer than `most`. [control]
  bool idle_within(Milliseconds most);

  [[nodiscard]] std::size_t threads() const;

 private:
  struct Waiting {
    Job job;
    Moment since;
  };
  bool call_one_locked();
  bool start_one_locked();
  [[nodiscard]] bool is_in_reserve_locked() const;
  void hesitate(std::unique_lock<std::mutex>& lock);
  void work();
  void reap_locked();
  [[nodiscard]] bool is_idle_locked() const;

  const std::size_t most_;
  const Milliseconds patience_;
  mutable std::mutex mutex_;  // guards everything below
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::condition_variable end_;  // wakes who hesitates
  std::deque<Waiting> queue_;
  std::list<std::thread> threads_;
  std::list<std::thread::id> left_;  // threads that are about to return, to be joined
  std::size_t waiting_ = 0;          // threads without a job
  bool called_ = false;              // one of them is on its way to the queue
  bool hesitates_ = false;           // another looks whether those that are busy will be back soon
  Moment back_at_ = Clock::now();    // when one of them had done its job last
  bool stopping_ = false;
};

}  // namespace patchbay
