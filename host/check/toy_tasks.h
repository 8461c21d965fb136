// SPDX-License-Identifier: MIT
// vap.task/1 of the checker's small host: runs what agents post, on two threads of its own.
// Shortens long delays, so that an agent which waits for minutes is checked in a blink.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "ground/clock.h"
#include "vap/vap.h"

namespace patchbay {

class ToyTasks {
 public:
  using Function = void(VAP_CALL*)(void*);

  explicit ToyTasks(Milliseconds longest_delay);
  ~ToyTasks();  // stop()
  ToyTasks(const ToyTasks&) = delete;
  ToyTasks& operator=(const ToyTasks&) = delete;

  std::uint64_t post(Milliseconds delay, Function run, void* user);  // [any]
  bool cancel(std::uint64_t id);  // false: it runs or has run [any]
  void begin();                   // the agent is made: what it posted meanwhile may run
  void stop();                    // drops what has not begun, waits for what has

 private:
  struct Task {
    std::uint64_t id;
    Function run;
    void* user;
  };
  void work();

  const Milliseconds longest_delay_;
  std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  std::multimap<Moment, Task> waiting_;
  std::uint64_t last_id_ = 0;
  bool begun_ = false;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace patchbay
