// SPDX-License-Identifier: MIT
#include "state/ticket.h"

namespace patchbay {

void Ticket::say(Scribe::Outcome outcome) {
  {
    const std::lock_guard lock(mutex_);
    outcome_ = outcome;
  }
  said_.notify_all();
}

Scribe::Outcome Ticket::wait() {
  std::unique_lock lock(mutex_);
  said_.wait(lock, [&] { return outcome_.has_value(); });
  return *outcome_;
}

Scribe::Outcome Ticket::wait_for_end(Milliseconds most) {
  static_cast<void>(wait());
  std::unique_lock lock(mutex_);
  said_.wait_for(lock, most, [&] { return *outcome_ != Scribe::Outcome::late; });
  return *outcome_;
}

}  // namespace patchbay
