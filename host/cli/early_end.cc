// SPDX-License-Identifier: MIT
#include "cli/early_end.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "cli/verb.h"

namespace patchbay {

EarlyEnd::EarlyEnd(const sigset_t& signals, Log& log)
    : signal_(::signalfd(-1, &signals, SFD_CLOEXEC)),
      started_(::eventfd(0, EFD_CLOEXEC)),
      watcher_([this, &log] { watch(log); }) {}

EarlyEnd::~EarlyEnd() {
  ::eventfd_write(started_.get(), 1);
  watcher_.join();
}

void EarlyEnd::watch(Log& log) const {
  std::array<pollfd, 2> waited{{{started_.get(), POLLIN, 0}, {signal_.get(), POLLIN, 0}}};
  while (::poll(waited.data(), waited.size(), -1) < 0) {
    if (errno != EINTR) return;
  }
  if (waited[0].revents != 0) return;
  signalfd_siginfo signal{};
  if (::read(signal_.get(), &signal, sizeof signal) != sizeof signal) return;
  log.info("stopping", {{"signal", signal.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT"}});
  log.info("stopped", {{"clean", false}, {"why", "it had not started yet"}});
  log.flush();
  std::_Exit(exit_good);  // agents are being made: their code may run at any place
}

}  // namespace patchbay
