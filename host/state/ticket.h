// SPDX-License-Identifier: MIT
// Whoever waits for a Write, and how that went.
#pragma once
#include <condition_variable>
#include <mutex>
#include <optional>

#include "state/scribe.h"

namespace patchbay {

class Ticket {
 public:
  // Only the first counts. [any]
  void say(Scribe::Outcome outcome);
  // The scribe says `late` when its budget is over: so this waits no longer than that. [turn]
  Scribe::Outcome wait();

 private:
  std::mutex mutex_;  // guards outcome_
  std::condition_variable said_;
  std::optional<Scribe::Outcome> outcome_;
};

}  // namespace patchbay
