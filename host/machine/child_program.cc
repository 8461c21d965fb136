// SPDX-License-Identifier: MIT
#include "machine/child_program.h"

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
#include <iterator>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "machine/spawning.h"

namespace patchbay {
namespace {

// Where the child finds what it inherits.
constexpr int file_there = 3, letter_there = 4, line_there = 5, first_free = 6;

constexpr std::size_t longest_message = 16 * 1024;  // bytes of a step or an answer; the rest is cut
constexpr std::size_t longest_output = 4 * 1024;    // bytes of its last words

// First byte of each message that the child sends.
constexpr char is_step = 'S', is_answer = 'A';

Error failed(std::string_view what, int why = errno) {
  return {"no_child", fmt::format("cannot {}: {}", what, std::generic_category().message(why)),
          "see what limits this process has (processes, open files, memory)"};
}

// --- in the host

struct Link {
  Descriptor line;    // one message for each read
  Descriptor output;  // what the child prints
  // The child's ends. None is among the numbers that they get there: else one would overwrite the
  // other.
  Descriptor child_line, child_output, child_letter, child_file;
};

Descriptor out_of_the_way(int descriptor) {
  return Descriptor(::fcntl(descriptor, F_DUPFD_CLOEXEC, first_free));
}

Result<Descriptor> write_letter(const std::string& letter) {
  const Descriptor memory(::memfd_create("letter", MFD_CLOEXEC));
  if (!memory) return failed("make a file in memory");
  for (std::size_t at = 0; at < letter.size();) {
    const ssize_t written = ::write(memory.get(), letter.data() + at, letter.size() - at);
    if (written < 0) return failed("write to a file in memory");
    at += static_cast<std::size_t>(written);
  }
  return out_of_the_way(memory.get());
}

Result<Link> make_link(const ChildProgram& what) {
  Result<Descriptor> letter = write_letter(what.letter);
  if (!letter) return std::move(letter).error();
  Link link;
  int line[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line) != 0)
    return failed("make a socket");
  link.line = Descriptor(line[0]);
  link.child_line = out_of_the_way(Descriptor(line[1]).get());
  int output[2];
  if (::pipe2(output, O_CLOEXEC) != 0) return failed("make a pipe");
  link.output = Descriptor(output[0]);
  ::fcntl(output[0], F_SETFL, O_NONBLOCK);
  link.child_output = out_of_the_way(Descriptor(output[1]).get());
  link.child_letter = *std::move(letter);
  link.child_file = out_of_the_way(what.file);
  if (!link.child_line || !link.child_output || !link.child_letter || !link.child_file)
    return failed("open a descriptor");
  return link;
}

Result<pid_t> spawn(const ChildProgram& what, const Link& link) {
  Spawning with;
  with.hand(link.child_output.get(), STDOUT_FILENO);
  with.hand(link.child_output.get(), STDERR_FILENO);
  with.hand(link.child_file.get(), file_there);
  with.hand(link.child_letter.get(), letter_there);
  with.hand(link.child_line.get(), line_there);
  with.close_from(first_free);
  pid_t child = -1;
  const int wrong = with.start(what.program, {"patchbay", what.verb}, child);
  if (wrong != 0) return failed(fmt::format("start {}", what.program), wrong);
  return child;
}

// Takes all the messages that are there into `end`. False: there will be none any more.
bool take_messages(const Descriptor& line, ChildEnd& end) {
  std::vector<char> message(longest_message + 1);
  for (;;) {
    const ssize_t got = ::recv(line.get(), message.data(), message.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    std::string text(message.data() + 1, static_cast<std::size_t>(got) - 1);
    if (message.front() == is_answer) {
      end.how = ChildEnd::How::answered;
      end.answer = std::move(text);
    } else {
      end.step = std::move(text);
    }
  }
}

// Takes some of what was printed, and keeps the end of it. False: there will be none any more.
bool take_output(const Descriptor& output, ChildEnd& end) {
  char piece[4096];
  const ssize_t got = ::read(output.get(), piece, sizeof piece);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  end.output.append(piece, static_cast<std::size_t>(got));
  if (end.output.size() > 2 * longest_output)
    end.output.erase(0, end.output.size() - longest_output);
  return got > 0;
}

enum class Wait { answered, ended, late, stopped };

// Takes what the child has to say, until it answers, ends, is out of time or to be stopped. Watches
// the process too: a child of its own may keep our socket open, and what it runs may close it.
Wait listen(const Link& link, const Descriptor& process, Moment until, const Interrupt* stop,
            ChildEnd& end) {
  pollfd ready[] = {{link.line.get(), POLLIN, 0},
                    {link.output.get(), POLLIN, 0},
                    {process.get(), POLLIN, 0},
                    {stop == nullptr ? -1 : stop->descriptor(), POLLIN, 0}};
  for (;;) {
    const auto left = std::chrono::ceil<Milliseconds>(until - Clock::now()).count();
    if (left <= 0) return Wait::late;
    if (::poll(ready, std::size(ready), static_cast<int>(left)) < 0) {
      if (errno != EINTR) return Wait::late;
      continue;
    }
    if (ready[3].revents != 0) return Wait::stopped;
    if (ready[1].revents != 0 && !take_output(link.output, end)) ready[1].fd = -1;
    if ((ready[0].revents | ready[2].revents) != 0 && !take_messages(link.line, end))
      ready[0].fd = -1;
    if (end.how == ChildEnd::How::answered) return Wait::answered;
    if (ready[2].revents != 0) return Wait::ended;
  }
}

// Kills whatever is left of the child and tells how it ended, where it did so by itself. Until it
// is waited for, an ended process keeps its number, and so its group: nobody else is killed.
void reap(pid_t child, Wait wait, ChildEnd& end) {
  ::kill(-child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (wait == Wait::stopped) end.how = ChildEnd::How::stopped;
  if (wait != Wait::ended) return;
  end.how = WIFSIGNALED(status) ? ChildEnd::How::killed : ChildEnd::How::exited;
  end.number = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

// What is still in the pipe when nobody writes to it any more.
void take_last_words(const Descriptor& output, ChildEnd& end) {
  constexpr int pieces = 64;  // more than a pipe holds: somebody may have left the group, and write
  for (int i = 0; i < pieces && take_output(output, end); ++i) {
  }
  if (end.output.size() > longest_output) end.output.erase(0, end.output.size() - longest_output);
}

// --- in the child

void send(char kind, std::string_view text) {
  std::string message(1, kind);
  message += text.substr(0, longest_message);
  // Nobody is left to tell where this fails.
  static_cast<void>(::send(line_there, message.data(), message.size(), MSG_NOSIGNAL));
}

bool is_child() {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(line_there, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
         type == SOCK_SEQPACKET && ::fcntl(file_there, F_GETFD) >= 0 &&
         ::fcntl(letter_there, F_GETFD) >= 0;
}

// As the host handles them; also, whoever crashes shall die of it, under a sanitizer too.
void reset_signals() {
  for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_DFL);
  std::signal(SIGPIPE, SIG_IGN);
}

// Returns when the host is gone. The kernel's word (PR_SET_PDEATHSIG) comes sooner, but says
// nothing of a host that was gone before it was asked for.
void await_end_of_host() {
  pollfd line{line_there, 0, 0};
  while (::poll(&line, 1, -1) < 0 && errno == EINTR) {
  }
}

std::string read_letter(const Descriptor& from) {
  std::string letter;
  char piece[4096];
  for (;;) {
    const ssize_t got = ::pread(from.get(), piece, sizeof piece, static_cast<off_t>(letter.size()));
    if (got <= 0) return letter;
    letter.append(piece, static_cast<std::size_t>(got));
  }
}

}  // namespace

Result<ChildEnd> run_program(const ChildProgram& what) {
  Result<Link> link = make_link(what);
  if (!link) return std::move(link).error();
  const Moment begin = Clock::now();
  const Result<pid_t> child = spawn(what, *link);
  if (!child) return child.error();
  for (Descriptor* theirs :
       {&link->child_line, &link->child_output, &link->child_letter, &link->child_file})
    theirs->reset();

  ChildEnd end;
  const Descriptor process(open_process(*child));
  const Problem blind = process ? Problem() : failed("watch a process");
  reap(*child, blind ? Wait::late : listen(*link, process, begin + what.most, what.stop, end), end);
  if (blind) return *blind;
  end.took = std::chrono::duration_cast<Milliseconds>(Clock::now() - begin);
  take_last_words(link->output, end);
  return end;
}

Problem work_as_child(const std::function<std::string(ChildWork, const Steps&)>& work) {
  if (!is_child()) return Error{"no_parent", "no host waits for what this process finds out", ""};
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  reset_signals();
  for (const int inherited : {file_there, letter_there, line_there})
    ::fcntl(inherited, F_SETFD, FD_CLOEXEC);
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  // Nobody joins it: the process ends below, whatever its threads do.
  const std::thread watch([] {
    await_end_of_host();
    ::kill(0, SIGKILL);  // the group, and so what this process started
  });

  const std::string letter = read_letter(Descriptor(letter_there));
  const std::string answer =
      work({letter, Descriptor(file_there)}, [](std::string_view step) { send(is_step, step); });
  std::fflush(stdout);
  send(is_answer, answer);
  std::_Exit(EXIT_SUCCESS);
}

}  // namespace patchbay
