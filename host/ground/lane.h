// SPDX-License-Identifier: MIT
// Jobs one at a time, in the order in which they came, on a thread that nobody else waits for.
#pragma once
#include <functional>
#include <mutex>

#include "ground/clock.h"
#include "ground/workers.h"

namespace patchbay {

class Lane {
 public:
  using Job = Workers::Job;

  // After close() the job is dropped. [any]
  void post(Job job);
  // Takes no further job; those that were posted still run. [any]
  void close();
  // True where no job runs or waits within that time. [control]
  bool idle_within(Milliseconds most) { return workers_.idle_within(most); }

 private:
  std::mutex mutex_;  // guards closed_
  bool closed_ = false;
  Workers workers_{1};  // its end waits for what was posted
};

}  // namespace patchbay
