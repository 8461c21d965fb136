// SPDX-License-Identifier: MIT
// A wish to stop waiting, from another thread, a signal handler or a moment in the future, that a
// wait for bytes notices at once. Stops nothing itself.
#pragma once
#include "ground/clock.h"
#include "machine/descriptor.h"

namespace patchbay {

class Interrupt {
 public:
  // Where the system has no descriptor left it is never raised.
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Stays raised until it is cleared. [any, also in a signal handler]
  void raise() const noexcept;
  // Raises it by itself after that time; replaces an earlier wish of this kind. [any]
  void raise_in(Milliseconds time) const noexcept;
  // Lowers it, and forgets what was to come. [any]
  void clear() const noexcept;
  [[nodiscard]] bool raised() const noexcept;

  // Readable while it is raised.
  [[nodiscard]] int descriptor() const { return timer_.get(); }

 private:
  Descriptor timer_;  // a timer is all three: a flag, a descriptor to wait on, and a clock
};

enum class Woken { ready, timed_out, interrupted };

// Waits until one of `events` (of poll) holds for `descriptor`, or it is broken. An interrupt goes
// before all else. [any]
Woken wait_for(int descriptor, short events, Moment deadline, const Interrupt& interrupt);

}  // namespace patchbay
