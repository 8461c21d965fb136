// SPDX-License-Identifier: MIT
// Threads for work that may block: agents' synchronous turns, tasks, upstream calls. As many as are
// busy at once, up to a limit or as many as the system gives; an idle thread costs little and
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

  explicit Workers(std::size_t most);
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
  bool call_one_locked();
  bool start_one_locked();
  void work();
  void reap_locked();

  const std::size_t most_;
  mutable std::mutex mutex_;  // guards everything below
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::deque<Job> queue_;
  std::list<std::thread> threads_;
  std::list<std::thread::id> left_;  // threads that are about to return, to be joined
  std::size_t waiting_ = 0;          // threads without a job
  bool called_ = false;              // one of them is on its way to the queue
  bool stopping_ = false;
};

}  // namespace patchbay
