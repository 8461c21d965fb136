// SPDX-License-Identifier: MIT
#include "machine/interrupt.h"

#include <poll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace patchbay {
namespace {

void set(int timer, std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::floor<Seconds>(time);
  itimerspec when{};
  when.it_value.tv_sec = static_cast<time_t>(seconds.count());
  when.it_value.tv_nsec = static_cast<long>((time - seconds).count());
  ::timerfd_settime(timer, 0, &when, nullptr);
}

// For poll(): rounded up, so that it never returns just before the deadline and spins.
int milliseconds_until(Moment deadline) {
  const auto left = std::chrono::ceil<Milliseconds>(deadline - Clock::now());
  return static_cast<int>(std::clamp<Milliseconds::rep>(left.count(), 0, 3'600'000));
}

}  // namespace

Interrupt::Interrupt() : timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {}

// 1 ns is the earliest moment that a timer knows: 0 would disarm it.
void Interrupt::raise() const noexcept {
  set(timer_.get(), std::chrono::nanoseconds{1});
}

void Interrupt::raise_in(Milliseconds time) const noexcept {
  set(timer_.get(), std::max<std::chrono::nanoseconds>(time, std::chrono::nanoseconds{1}));
}

void Interrupt::clear() const noexcept {
  set(timer_.get(), std::chrono::nanoseconds{0});
}

bool Interrupt::raised() const noexcept {
  pollfd waited{timer_.get(), POLLIN, 0};
  return ::poll(&waited, 1, 0) == 1;
}

Woken wait_for(int descriptor, short events, Moment deadline, const Interrupt& interrupt) {
  std::array<pollfd, 2> waited{{{interrupt.descriptor(), POLLIN, 0}, {descriptor, events, 0}}};
  for (;;) {
    const int count = ::poll(waited.data(), waited.size(), milliseconds_until(deadline));
    if (count < 0 && errno != EINTR) return Woken::timed_out;
    if (count > 0) return waited[0].revents != 0 ? Woken::interrupted : Woken::ready;
    if (Clock::now() >= deadline) return Woken::timed_out;
  }
}

}  // namespace patchbay
