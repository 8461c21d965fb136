// SPDX-License-Identifier: MIT
#include "state/ticket.h"

namespace patchbay {

void Ticket::say(Scribe::Outcome outcome) {
  {
    const std::lock_guard lock(mutex_);
    if (!outcome_) outcome_ = outcome;
  }
  said_.notify_all();
}

Scribe::Outcome Ticket::wait() {
  std::unique_lock lock(mutex_);
  said_.wait(lock, [&] { return outcome_.has_value(); });
  return *outcome_;
}

}  // namespace patchbay
