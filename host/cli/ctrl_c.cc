// SPDX-License-Identifier: MIT
#include "cli/ctrl_c.h"

#include <pthread.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

namespace patchbay {
namespace {

constexpr std::array signals{SIGINT, SIGTERM, SIGHUP};

// What the handler may touch; all of it is lock-free and outlives the handler.
std::atomic<const Interrupt*> raised_by_signals{nullptr};
std::atomic<bool> pressed{false};
std::atomic<bool> end_wanted{false};

void notice(int signal) {
  const int saved = errno;
  (signal == SIGINT ? pressed : end_wanted) = true;
  if (const Interrupt* interrupt = raised_by_signals) interrupt->raise();
  errno = saved;
}

// SA_RESTART: only the wait that watches the interrupt is to notice.
void handle_with(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (const int signal : signals) ::sigaction(signal, &action, nullptr);
}

}  // namespace

CtrlC::CtrlC() {
  raised_by_signals = &interrupt_;
  handle_with(notice);
}

CtrlC::~CtrlC() {
  handle_with(SIG_DFL);
  raised_by_signals = nullptr;
}

// Lowered first: a press in between is seen now or raises it again.
bool CtrlC::take() {
  interrupt_.clear();
  return pressed.exchange(false);
}

bool CtrlC::must_end() const {
  return end_wanted;
}

SignalsBlocked::SignalsBlocked() {
  sigset_t most;
  sigfillset(&most);
  // A plugin that crashes shall do so here as it would do in `serve`.
  for (const int crash : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS})
    sigdelset(&most, crash);
  ::pthread_sigmask(SIG_BLOCK, &most, &before_);
}

SignalsBlocked::~SignalsBlocked() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace patchbay
