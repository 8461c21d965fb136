// SPDX-License-Identifier: MIT
#include "machine/spawning.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

namespace patchbay {

Spawning::Spawning() {
  ::posix_spawn_file_actions_init(&files_);
  ::posix_spawnattr_init(&how_);
  ::posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  // Blocked signals are inherited, and this process blocks those that end it.
  sigset_t none;
  sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&how_, &none);
  ::posix_spawnattr_setpgroup(&how_, 0);
}

Spawning::~Spawning() {
  ::posix_spawnattr_destroy(&how_);
  ::posix_spawn_file_actions_destroy(&files_);
}

void Spawning::run_in(const std::filesystem::path& directory) {
  ::posix_spawn_file_actions_addchdir_np(&files_, directory.c_str());
}

void Spawning::hand(int ours, int theirs) {
  ::posix_spawn_file_actions_adddup2(&files_, ours, theirs);
}

void Spawning::close_from(int first) {
  ::posix_spawn_file_actions_addclosefrom_np(&files_, first);
}

void Spawning::reset_signals() {
  sigset_t all;
  sigfillset(&all);
  ::posix_spawnattr_setsigdefault(&how_, &all);
  flags_ |= POSIX_SPAWN_SETSIGDEF;
}

int Spawning::start(const std::string& program, std::vector<std::string> words, pid_t& child) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::posix_spawnattr_setflags(&how_, flags_);
  return ::posix_spawnp(&child, program.c_str(), &files_, &how_, arguments.data(), ::environ);
}

// glibc 2.36 declares pidfd_open() without extern "C".
Descriptor open_process(pid_t child) {
  return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
}

}  // namespace patchbay
