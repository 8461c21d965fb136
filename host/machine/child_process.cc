// SPDX-License-Identifier: MIT
#include "machine/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <vector>

#include "machine/descriptor.h"
#include "machine/process_state.h"
#include "machine/spawning.h"

namespace patchbay {
namespace {

constexpr std::size_t longest_message = 16 * 1024;  // bytes of a step or an answer; the rest is cut
constexpr off_t longest_output = 4 * 1024;          // bytes of its last words

// First byte of each message that the child sends.
constexpr char is_step = 'S', is_answer = 'A';

struct Link {
  Descriptor here;    // one message each way of a read or write
  Descriptor there;   // the child's end
  Descriptor output;  // what it prints
};

Error failed(std::string_view what) {
  return {"no_child", fmt::format("cannot {}: {}", what, std::generic_category().message(errno)),
          ""};
}

Result<Link> make_link() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
    return failed("make a socket");
  Link link{Descriptor(pair[0]), Descriptor(pair[1]),
            Descriptor(::memfd_create("output", MFD_CLOEXEC))};
  if (!link.output) return failed("make a file in memory");
  return link;
}

// --- in the child

void send(int to, char kind, std::string_view text) {
  std::string message(1, kind);
  message += text.substr(0, longest_message);
  // Nobody is left to tell where this fails.
  static_cast<void>(::send(to, message.data(), message.size(), MSG_NOSIGNAL));
}

[[noreturn]] void be_child(const Link& link, const std::function<std::string(const Steps&)>& work) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ::dup2(nothing.get(), STDIN_FILENO);
  ::dup2(link.output.get(), STDOUT_FILENO);
  ::dup2(link.output.get(), STDERR_FILENO);
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);

  const int to = link.there.get();
  const std::string answer = work([to](std::string_view step) { send(to, is_step, step); });
  std::fflush(stdout);
  send(to, is_answer, answer);
  std::_Exit(EXIT_SUCCESS);
}

// --- in the parent

// One message of the child, taken into `end`. False: there is none.
bool take_message(const Descriptor& from, ChildEnd& end) {
  std::vector<char> message(longest_message + 1);
  const ssize_t got = ::recv(from.get(), message.data(), message.size(), MSG_DONTWAIT);
  if (got <= 0) return false;
  std::string text(message.data() + 1, static_cast<std::size_t>(got) - 1);
  if (message.front() == is_answer) {
    end.how = ChildEnd::How::answered;
    end.answer = std::move(text);
  } else {
    end.step = std::move(text);
  }
  return true;
}

enum class Wait { answered, ended, late };

// Takes what the child has to say, until it answers, ends or is out of time. Watches the process
// too: a child of its own may keep our socket open.
Wait listen(const Descriptor& from, const Descriptor& process, Moment until, ChildEnd& end) {
  for (;;) {
    const auto left = std::chrono::ceil<Milliseconds>(until - Clock::now()).count();
    if (left <= 0) return Wait::late;
    pollfd ready[] = {{from.get(), POLLIN, 0}, {process.get(), POLLIN, 0}};
    if (::poll(ready, 2, static_cast<int>(left)) < 0 && errno != EINTR) return Wait::late;
    while (end.how != ChildEnd::How::answered && take_message(from, end)) {
    }
    if (end.how == ChildEnd::How::answered) return Wait::answered;
    if (ready[1].revents != 0) return Wait::ended;
  }
}

std::string last_words(const Descriptor& output) {
  const off_t size = ::lseek(output.get(), 0, SEEK_END);
  const off_t from = std::max<off_t>(0, size - longest_output);
  std::string text(static_cast<std::size_t>(size - from), '\0');
  const ssize_t got = ::pread(output.get(), text.data(), text.size(), from);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

// Kills whatever is left of the child and tells how it ended, where it did so by itself.
void reap(pid_t child, Wait wait, ChildEnd& end) {
  if (wait != Wait::ended) ::kill(-child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ::kill(-child, SIGKILL);  // its own children
  if (wait != Wait::ended) return;
  end.how = WIFSIGNALED(status) ? ChildEnd::How::killed : ChildEnd::How::exited;
  end.number = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Result<ChildEnd> run_in_child(const std::function<std::string(const Steps&)>& work,
                              Milliseconds most) {
  Result<Link> link = make_link();
  if (!link) return std::move(link).error();
  std::fflush(nullptr);  // else the child would write it once more
  const Moment begin = Clock::now();
  const pid_t child = ::fork();
  if (child < 0) return failed("start a process");
  if (child == 0) be_child(*link, work);
  ::setpgid(child, child);  // by both: it must be so before anybody is killed
  const Descriptor process(open_process(child));
  link->there.reset();

  ChildEnd end;
  reap(child, listen(link->here, process, begin + most, end), end);
  end.took = std::chrono::duration_cast<Milliseconds>(Clock::now() - begin);
  end.output = last_words(link->output);
  return end;
}

std::string ChildEnd::text() const {
  const std::string where = step.empty() ? "" : fmt::format(" in: {}", step);
  switch (how) {
    case How::answered:
      return "";
    case How::killed:
      return fmt::format("killed by {}{}", signal_name(number), where);
    case How::exited:
      return fmt::format("it ended the process with exit code {}{}", number, where);
    case How::stopped:
      return "it was stopped" + where;
    case How::hung:
      break;
  }
  return fmt::format("it did not come back within {} s{}", took.count() / 1000, where);
}

}  // namespace patchbay
