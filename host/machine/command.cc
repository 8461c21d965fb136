// SPDX-License-Identifier: MIT
#include "machine/command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "machine/descriptor.h"
#include "machine/process_state.h"
#include "machine/spawning.h"

namespace patchbay {
namespace {

constexpr std::size_t longest_output = 256 * 1024;  // bytes; of a thousand errors the first count
constexpr Milliseconds time_to_stop{2'000};         // for a build to clean up behind itself
constexpr const char* cut = "\n… (cut here)\n";

Error failed(std::string_view what, int why = errno) {
  return {"no_command", fmt::format("cannot {}: {}", what, std::generic_category().message(why)),
          ""};
}

struct Link {
  Descriptor here;
  Descriptor there;  // the command's end
};

Result<Link> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return failed("make a pipe");
  return Link{Descriptor(ends[0]), Descriptor(ends[1])};
}

// Line ends stay as the command writes them, and rows as wide as ours.
void dress(int terminal) {
  termios how{};
  if (::tcgetattr(terminal, &how) == 0) {
    how.c_oflag &= ~static_cast<tcflag_t>(OPOST);
    ::tcsetattr(terminal, TCSANOW, &how);
  }
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) ::ioctl(terminal, TIOCSWINSZ, &size);
}

Result<Link> make_terminal() {
  Descriptor here(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  char name[64];
  if (!here || ::grantpt(here.get()) != 0 || ::unlockpt(here.get()) != 0 ||
      ::ptsname_r(here.get(), name, sizeof name) != 0)
    return failed("make a terminal");
  Descriptor there(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!there) return failed("make a terminal");
  dress(there.get());
  return Link{std::move(here), std::move(there)};
}

Result<Link> make_link(bool terminal) {
  Result<Link> link = terminal ? make_terminal() : make_pipe();
  if (link) ::fcntl(link->here.get(), F_SETFL, O_NONBLOCK);
  return link;
}

Result<pid_t> spawn(const Command& command, const Link& link) {
  Spawning with;
  with.run_in(command.directory);
  with.hand(link.there.get(), STDOUT_FILENO);
  with.hand(link.there.get(), STDERR_FILENO);
  with.close_from(STDERR_FILENO + 1);
  with.reset_signals();
  pid_t child = -1;
  const std::string& program = command.words.front();
  const int wrong = with.start(program, command.words, child);
  if (wrong == 0) return child;
  Error error = failed("start " + program, wrong);
  if (wrong == ENOENT) error.hint = fmt::format("install {}, or put it into $PATH", program);
  return error;
}

// Some of what was printed. False: there is no more at present, or ever.
bool take_output(const Descriptor& from, const Command& command, CommandEnd& end) {
  char bytes[4096];
  const ssize_t got = ::read(from.get(), bytes, sizeof bytes);
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) return false;
  const std::string_view piece(bytes, static_cast<std::size_t>(got));
  if (command.heard) command.heard(piece);
  if (end.output.size() < longest_output) {
    end.output += piece;
    if (end.output.size() >= longest_output) end.output += cut;
  }
  return true;
}

// Until the process ends or is to be stopped; what it started may go on, and print.
// True where it ended by itself.
bool listen(const Descriptor& from, const Descriptor& process, const Command& command,
            const Interrupt& stop, CommandEnd& end) {
  pollfd ready[] = {
      {from.get(), POLLIN, 0}, {process.get(), POLLIN, 0}, {stop.descriptor(), POLLIN, 0}};
  for (;;) {
    if (::poll(ready, 3, -1) < 0) {
      if (errno != EINTR) return false;
      continue;
    }
    if (ready[2].revents != 0) return false;
    const bool is_closed = (ready[0].revents & (POLLHUP | POLLERR)) != 0;
    const bool is_taken = ready[0].revents != 0 && take_output(from, command, end);
    if (!is_taken && is_closed) ready[0].fd = -1;
    if (!is_taken && ready[1].revents != 0) return true;
  }
}

void stop_group(pid_t leader, const Descriptor& process) {
  ::kill(-leader, SIGTERM);
  pollfd ended{process.get(), POLLIN, 0};
  const Moment until = Clock::now() + time_to_stop;
  while (::poll(&ended, 1, static_cast<int>(time_to_stop.count())) < 0 && errno == EINTR) {
    if (Clock::now() > until) break;
  }
  // Until it is waited for, an ended process keeps its number, and so its group.
  ::kill(-leader, SIGKILL);
}

void reap(pid_t child, bool by_itself, CommandEnd& end) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!by_itself) {
    end.how = CommandEnd::How::stopped;
    return;
  }
  end.how = WIFSIGNALED(status) ? CommandEnd::How::killed : CommandEnd::How::exited;
  end.number = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

std::string CommandEnd::text() const {
  if (how == How::stopped) return "was stopped";
  if (how == How::killed) return "was killed by " + signal_name(number);
  return fmt::format("ended with exit code {}", number);
}

Result<CommandEnd> run_command(const Command& command, const Interrupt& stop) {
  Result<Link> link = make_link(command.on_terminal);
  if (!link) return std::move(link).error();
  const Moment begin = Clock::now();
  const Result<pid_t> child = spawn(command, *link);
  if (!child) return child.error();
  link->there.reset();
  const Descriptor process(open_process(*child));

  CommandEnd end;
  const bool by_itself = process && listen(link->here, process, command, stop, end);
  if (!by_itself) stop_group(*child, process);
  reap(*child, by_itself, end);
  end.took = std::chrono::duration_cast<Milliseconds>(Clock::now() - begin);
  return end;
}

}  // namespace patchbay
