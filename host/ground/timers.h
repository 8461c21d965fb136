// SPDX-License-Identifier: MIT
// Calls something at a moment: deadlines, delayed tasks, sweeps. One thread of its own, so whatever
// it calls must be short; longer work is posted to Workers from there.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "ground/clock.h"

namespace patchbay {

class Timers {
 public:
  using Id = std::uint64_t;  // never 0
  using Alarm = std::function<void()>;

  Timers();
  ~Timers();  // stop()
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  Id at(Moment when, Alarm alarm);  // [any]
  // True: it will not ring. False: it has rung, or is ringing on the timers' thread now. [any]
  bool cancel(Id id);
  // Nothing rings any more when it returns, also what is set later. [control]
  void stop();

 private:
  void run();

  std::mutex mutex_;  // guards everything below but thread_
  std::condition_variable wake_;
  std::map<std::pair<Moment, Id>, Alarm> alarms_;  // the next to ring first
  std::unordered_map<Id, Moment> when_;
  Id next_ = 1;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace patchbay
