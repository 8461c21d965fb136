// SPDX-License-Identifier: MIT
// How another program is started: what posix_spawn() is told, with an owner. Waits for nothing, and
// knows nothing of what the program is for.
#pragma once
#include <spawn.h>
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "machine/descriptor.h"

namespace patchbay {

// The program reads nothing, has no signal blocked, and leads a process group of its own, so that
// all of it can be ended. One thread's.
class Spawning {
 public:
  Spawning();
  ~Spawning();
  Spawning(const Spawning&) = delete;
  Spawning& operator=(const Spawning&) = delete;

  void run_in(const std::filesystem::path& directory);
  // It has this descriptor of ours under that number; `ours` stays open until start().
  void hand(int ours, int theirs);
  void close_from(int first);  // every descriptor from that number on: after all that is handed
  void reset_signals();        // also those that this process ignores, as if a shell started it

  // 0, or the errno that says why not. Without a slash the program is looked for in $PATH. `words`
  // are its arguments, with its name first. [any]
  int start(const std::string& program, std::vector<std::string> words, pid_t& child);

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t how_{};
  short flags_ = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP;
};

// Readable when that child has ended; none where the system has no descriptor left. [any]
Descriptor open_process(pid_t child);

}  // namespace patchbay
