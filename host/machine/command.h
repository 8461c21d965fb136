// SPDX-License-Identifier: MIT
// Runs another program's command, eg a compiler's, and collects what it prints. Whoever waits for
// it can stop it, with all that it started. Knows nothing of what it is for.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ground/clock.h"
#include "ground/result.h"
#include "machine/interrupt.h"

namespace patchbay {

struct Command {
  std::vector<std::string> words;   // the first is a path, or a name to be found in $PATH
  std::filesystem::path directory;  // where it runs
  // It is to believe that it writes to a terminal, as wide as ours: compilers then write in colour.
  bool on_terminal = false;
  // What it prints, piece by piece, as it comes; may be empty. On the thread that waits.
  std::function<void(std::string_view piece)> heard;
};

struct CommandEnd {
  enum class How { exited, killed, stopped } how = How::exited;
  int number = 0;      // the exit code, or the signal
  std::string output;  // of both its outputs, in the order of writing; the beginning, if it is long
  Milliseconds took{0};

  [[nodiscard]] bool is_good() const { return how == How::exited && number == 0; }
  // "ended with exit code 2", "was killed by SIGSEGV", "was stopped"
  [[nodiscard]] std::string text() const;
};

// Waits for its end. Raised, `stop` ends its process group: asked first, killed a moment later. It
// reads nothing. The Error says why it could not be started. [control]
Result<CommandEnd> run_command(const Command& command, const Interrupt& stop);

}  // namespace patchbay
