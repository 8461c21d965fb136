// SPDX-License-Identifier: MIT
#include "support/terminal.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "support/host_process.h"
#include "support/wait.h"

namespace patchbay::test {
namespace {

[[noreturn]] void become(std::vector<std::string> arguments,
                         const std::map<std::string, std::string>& environment) {
  // NOLINTBEGIN(concurrency-mt-unsafe): a child has one thread
  ::setenv("TERM", "xterm", 1);
  ::setenv("NO_COLOR", "1", 1);
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
  // NOLINTEND(concurrency-mt-unsafe)
  arguments.insert(arguments.begin(), patchbay_binary());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

}  // namespace

Terminal::Terminal(std::vector<std::string> arguments,
                   const std::map<std::string, std::string>& environment) {
  const winsize size{40, 200, 0, 0};  // wide enough that no line of a test is broken
  pid_ = ::forkpty(&fd_, nullptr, nullptr, &size);
  if (pid_ < 0) throw std::runtime_error("no terminal");
  if (pid_ == 0) become(std::move(arguments), environment);
}

Terminal::~Terminal() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(fd_);
}

void Terminal::type(std::string_view keys) const {
  if (::write(fd_, keys.data(), keys.size()) != static_cast<ssize_t>(keys.size()))
    throw std::runtime_error("the terminal takes no keys");
}

bool Terminal::shows(std::string_view text) {
  return eventually([&] {
    read_some();
    const std::size_t at = screen_.find(text, seen_);
    if (at != std::string::npos) seen_ = at + text.size();
    return at != std::string::npos;
  });
}

bool Terminal::is_as_before() const {
  termios now{};
  return ::tcgetattr(fd_, &now) == 0 && (now.c_lflag & ICANON) != 0 && (now.c_lflag & ECHO) != 0;
}

void Terminal::signal(int number) const {
  ::kill(pid_, number);
}

int Terminal::wait() {
  int status = 0;
  const bool ended = eventually([&] {
    read_some();  // who writes to a terminal that nobody reads does not end
    return ::waitpid(pid_, &status, WNOHANG) == pid_;
  });
  if (!ended) return -1;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void Terminal::read_some() {
  std::array<char, 4096> bytes;
  pollfd waiting{fd_, POLLIN, 0};
  while (::poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLIN) != 0) {
    const ssize_t size = ::read(fd_, bytes.data(), bytes.size());
    if (size <= 0) return;
    screen_.append(bytes.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace patchbay::test
