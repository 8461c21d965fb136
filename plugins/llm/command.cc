// SPDX-License-Identifier: MIT
#include "command.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "program.h"

namespace llm {
namespace {

using Clock = std::chrono::steady_clock;
using Ms = std::chrono::milliseconds;

constexpr std::size_t most_errors = 2048;  // bytes of standard error
constexpr Ms between_looks{20};            // where the kernel cannot tell that a program has ended
constexpr int most_reads = 16;             // before we look at the clock again

// Our side of the three pipes, and of the process: it may end while something that it has started
// holds its output open.
class Streams {
 public:
  Streams(Program& program, std::string_view input, std::size_t most)
      : process_(program.process),
        in_(program.in),
        out_(program.out),
        err_(program.err),
        input_(input),
        most_(most) {
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

  Fd &process_, &in_, &out_, &err_;
  std::string_view input_;
  const std::size_t most_;
};

}  // namespace

Command::Result Command::run(const std::vector<std::string>& words, std::string_view input,
                             Ms limit, std::size_t most) {
  Result result;
  const auto until = Clock::now() + limit;
  Program program;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (cancelled_) {
      result.how = End::cancelled;
      return result;
    }
    program = start_program(words);
    result.code = program.error;
    if (program.pid == 0) return result;
    running_ = program.pid;
  }
  Streams streams(program, input, most);
  bool late = false;
  while (!has_ended(program.pid) && !late) {
    const auto left = std::chrono::ceil<Ms>(until - Clock::now());
    late = left.count() <= 0;
    if (!late) streams.move(left, result);
  }
  streams.move(Ms(0), result);  // what it wrote last
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    running_ = 0;  // before its number may be another's
  }
  const int status = end_program(program.pid);

  const std::lock_guard<std::mutex> lock(mutex_);
  result.how = cancelled_          ? End::cancelled
               : late              ? End::late
               : WIFEXITED(status) ? End::exited
                                   : End::killed;
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
  return result;
}

void Command::cancel() {
  const std::lock_guard<std::mutex> lock(mutex_);
  cancelled_ = true;
  if (running_ > 0) ::kill(-running_, SIGKILL);
}

}  // namespace llm
