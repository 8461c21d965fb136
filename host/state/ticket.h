// SPDX-License-Identifier: MIT
// Whoever waits for a Write, and how that went.
#pragma once
#include <condition_variable>
#include <mutex>
#include <optional>

#include "ground/clock.h"
#include "state/scribe.h"

namespace patchbay {

class Ticket {
 public:
  // `late`, perhaps, and then how it ended. [any]
  void say(Scribe::Outcome outcome);
  // The scribe says `late` when its budget is over: so this waits no longer than that. [turn]
  Scribe::Outcome wait();
  // From what is late it waits for the end as long as this; `late` where that did not come. [turn]
  Scribe::Outcome wait_for_end(Milliseconds most);

 private:
  std::mutex mutex_;  // guards outcome_
  std::condition_variable said_;
  std::optional<Scribe::Outcome> outcome_;
};

}  // namespace patchbay
