// SPDX-License-Identifier: MIT
// Ctrl-C, and the signals that ask to end, become an Interrupt while this lives. The one piece of
// global state that a signal handler needs stands in the .cc file. Only one at a time.
#pragma once
#include <csignal>

#include "machine/interrupt.h"

namespace patchbay {

class CtrlC {
 public:
  CtrlC();
  ~CtrlC();  // as it was before
  CtrlC(const CtrlC&) = delete;
  CtrlC& operator=(const CtrlC&) = delete;

  // Raised by each of the signals; also by whoever wants to stop a wait of his own.
  [[nodiscard]] const Interrupt& interrupt() const { return interrupt_; }
  // Was Ctrl-C pressed since the last time? Lowers the interrupt. [control]
  bool take();
  // Did SIGTERM or SIGHUP ask to end? It stays so. [any]
  [[nodiscard]] bool must_end() const;

 private:
  Interrupt interrupt_;
};

// While this lives, threads that start never get a signal: only the one that made it does.
class SignalsBlocked {
 public:
  SignalsBlocked();
  ~SignalsBlocked();  // what came meanwhile comes now
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace patchbay
