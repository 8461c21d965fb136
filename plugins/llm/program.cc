// SPDX-License-Identifier: MIT
#include "program.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>

namespace llm {
namespace {

struct Pipe {
  Fd from, into;
  bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    from = Fd(ends[0]);
    into = Fd(ends[1]);
    return true;
  }
};

// What posix_spawn is told; both halves are freed with it.
class Instructions {
 public:
  Instructions(int in, int out, int err) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_adddup2(&actions_, in, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    ::posix_spawn_file_actions_addchdir_np(&actions_, "/");
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~Instructions() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  Instructions(const Instructions&) = delete;
  Instructions& operator=(const Instructions&) = delete;

  int spawn(pid_t& pid, const std::vector<std::string>& words) const {
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    std::array<char, 48> path{"PATH=/usr/local/bin:/usr/bin:/bin"};
    std::array<char, 16> language{"LANG=C.UTF-8"};
    std::array<char*, 3> environment{path.data(), language.data(), nullptr};
    return ::posix_spawn(&pid, words[0].c_str(), &actions_, &attributes_, arguments.data(),
                         environment.data());
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

Program start_program(const std::vector<std::string>& words) {
  Program program;
  Pipe in, out, err;
  if (!in.open() || !out.open() || !err.open()) {
    program.error = errno;
    return program;
  }
  const Instructions how(in.from.get(), out.into.get(), err.into.get());
  pid_t pid = 0;
  program.error = how.spawn(pid, words);
  if (program.error != 0) return program;
  for (const int fd : {in.into.get(), out.from.get(), err.from.get()})
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  program.pid = pid;
  program.in = std::move(in.into);
  program.out = std::move(out.from);
  program.err = std::move(err.from);
  program.process = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  return program;
}

bool has_ended(pid_t pid) {
  siginfo_t what{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &what, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         what.si_pid == pid;
}

int end_program(pid_t pid) {
  ::kill(-pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return status;
}

}  // namespace llm
