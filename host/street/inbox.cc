// SPDX-License-Identifier: MIT
#include "street/inbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

namespace patchbay {

Inbox::Inbox() : bell_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

void Inbox::belong_to_this_thread() {
  reader_ = std::this_thread::get_id();
}

void Inbox::come_by(Token token) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = letters_.tokens.empty() && letters_.arrivals.empty();
    letters_.tokens.push_back(token);
  }
  if (first) ring();
}

void Inbox::post(Arrival arrival) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = letters_.tokens.empty() && letters_.arrivals.empty();
    letters_.arrivals.push_back(std::move(arrival));
  }
  if (first) ring();
}

void Inbox::ring() {
  if (reader_.load(std::memory_order_relaxed) == std::this_thread::get_id()) return;
  // It fails only where the counter is full, and then the bell rings anyway.
  [[maybe_unused]] const int rung = eventfd_write(bell_.get(), 1);
}

bool Inbox::is_empty() const {
  const std::lock_guard lock(mutex_);
  return letters_.tokens.empty() && letters_.arrivals.empty();
}

Inbox::Letters Inbox::take(bool rung) {
  eventfd_t count = 0;
  if (rung) {
    [[maybe_unused]] const int silenced = eventfd_read(bell_.get(), &count);
  }
  const std::lock_guard lock(mutex_);
  return std::exchange(letters_, {});
}

}  // namespace patchbay
