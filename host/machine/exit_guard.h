// SPDX-License-Identifier: MIT
// A plugin that calls exit() would end its host with every call in it, as if all were well. It ends
// all the same, since that cannot be stopped: but at once, with a word, and as a failure, so that
// whoever looks after the process starts it again.
#pragma once

namespace patchbay {

inline constexpr int exit_by_plugin = 70;  // sysexits.h: EX_SOFTWARE

// While one of these lives, exit() is a failure. _exit() and abort() go their own ways. [control]
class ExitGuard {
 public:
  ExitGuard();
  ~ExitGuard();
  ExitGuard(const ExitGuard&) = delete;
  ExitGuard& operator=(const ExitGuard&) = delete;
};

}  // namespace patchbay
