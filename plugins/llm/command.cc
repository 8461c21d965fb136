// SPDX-License-Identifier: MIT
#include "command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace llm {
namespace {

using Clock = std::chrono::steady_clock;
using Ms = std::chrono::milliseconds;

constexpr std::size_t most_errors = 2048;  // bytes of standard error
constexpr Ms between_looks{20};            // where the kernel cannot tell that a program has ended
constexpr int most_reads = 16;             // before we look at the clock again

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
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

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

// Our side of the three pipes, and of the process: it may end while something that it has started
// holds its output open.
class Streams {
 public:
  Streams(pid_t pid, Fd in, Fd out, Fd err, std::string_view input, std::size_t most)
      : process_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
        in_(std::move(in)),
        out_(std::move(out)),
        err_(std::move(err)),
        input_(input),
        most_(most) {
    for (const int fd : {in_.get(), out_.get(), err_.get()})
      ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    if (input_.empty()) in_.close();
  }

  // What can be moved, now or as soon as there is something, and in the time given.
  void move(Ms wait, Command::Result& result) {
    std::array<pollfd, 4> all{{{in_.get(), POLLOUT, 0},
                               {out_.get(), POLLIN, 0},
                               {err_.get(), POLLIN, 0},
                               {process_.get(), POLLIN, 0}}};
    if (process_.get() < 0) wait = std::min(wait, between_looks);
    if (::poll(all.data(), all.size(), static_cast<int>(wait.count())) <= 0) return;
    if (all[0].revents != 0) write();
    if (all[1].revents != 0) read(out_, result.out, most_, result.cut);
    bool unused = false;
    if (all[2].revents != 0) read(err_, result.err, most_errors, unused);
  }

 private:
  void write() {
    // A host ignores SIGPIPE: it serves sockets.
    const ssize_t n = ::write(in_.get(), input_.data(), input_.size());
    if (n > 0) input_.remove_prefix(static_cast<std::size_t>(n));
    if (input_.empty() || (n < 0 && errno != EAGAIN && errno != EINTR)) in_.close();
  }
  static void read(Fd& from, std::string& into, std::size_t most, bool& cut) {
    std::array<char, 16384> some{};
    for (int turn = 0; turn < most_reads; ++turn) {
      const ssize_t n = ::read(from.get(), some.data(), some.size());
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (n <= 0) return from.close();
      const std::size_t room = most - std::min(most, into.size());
      cut = cut || static_cast<std::size_t>(n) > room;
      into.append(some.data(), std::min(room, static_cast<std::size_t>(n)));
    }
  }

  Fd process_, in_, out_, err_;
  std::string_view input_;
  const std::size_t most_;
};

bool has_ended(pid_t pid) {
  siginfo_t what{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &what, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         what.si_pid == pid;
}

}  // namespace

Command::Result Command::run(const std::vector<std::string>& words, std::string_view input,
                             Ms limit, std::size_t most) {
  Result result;
  Pipe in, out, err;
  const auto until = Clock::now() + limit;
  if (!in.open() || !out.open() || !err.open()) {
    result.code = errno;
    return result;
  }
  pid_t pid = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (cancelled_) {
      result.how = End::cancelled;
      return result;
    }
    const Instructions how(in.from.get(), out.into.get(), err.into.get());
    result.code = how.spawn(pid, words);
    if (result.code != 0) return result;
    running_ = pid;
  }
  in.from.close(), out.into.close(), err.into.close();
  Streams streams(pid, std::move(in.into), std::move(out.from), std::move(err.from), input, most);
  bool late = false;
  while (!has_ended(pid) && !late) {
    const auto left = std::chrono::ceil<Ms>(until - Clock::now());
    late = left.count() <= 0;
    if (!late) streams.move(left, result);
  }
  streams.move(Ms(0), result);  // what it wrote last
  end_group();
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;

  const std::lock_guard<std::mutex> lock(mutex_);
  running_ = 0;
  result.how = cancelled_          ? End::cancelled
               : late              ? End::late
               : WIFEXITED(status) ? End::exited
                                   : End::killed;
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
  return result;
}

void Command::cancel() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    cancelled_ = true;
  }
  end_group();
}

void Command::end_group() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (running_ > 0) ::kill(-running_, SIGKILL);
}

}  // namespace llm
