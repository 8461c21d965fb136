// SPDX-License-Identifier: MIT
#include "machine/exit_guard.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string_view>

namespace patchbay {
namespace {

// Like a signal's handler, what exit() calls is given nothing: it finds this.
std::atomic<int> guards{0};

void notice() {
  if (guards == 0) return;
  constexpr std::string_view words =
      "patchbay: exit() was called in this process, by a plugin: all its calls are cut. "
      "An agent that cannot go on returns an error, see docs/writing-an-agent.md; "
      "`patchbay check` finds which\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, words.data(), words.size());
  ::_exit(exit_by_plugin);
}

}  // namespace

ExitGuard::ExitGuard() {
  [[maybe_unused]] static const int registered = std::atexit(notice);
  ++guards;
}

ExitGuard::~ExitGuard() {
  --guards;
}

}  // namespace patchbay
