// SPDX-License-Identifier: MIT
// Starts a program of the operator's: without a shell, in /, with an environment of its own, with
// none of our files but three pipes, and in a group of processes of its own.
#pragma once
#include <sys/types.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

namespace llm {

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  ~Fd() { close(); }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) close(), fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

// Our ends of its pipes do not block. Whoever has it also ends and awaits it.
struct Program {
  pid_t pid = 0;  // 0: it was not started
  int error = 0;  // errno, of that
  Fd in, out, err;
  Fd process;  // readable when it has ended; not open where the kernel has no such thing
};
Program start_program(const std::vector<std::string>& words);

// It is a zombie by then, so its number is still its own.
bool has_ended(pid_t pid);
// Kills it and all that it has started, and waits for it: what waitpid says of its end.
int end_program(pid_t pid);

}  // namespace llm
