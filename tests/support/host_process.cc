// SPDX-License-Identifier: MIT
#include "support/host_process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "support/line_tls.h"
#include "support/wait.h"

extern char** environ;

namespace patchbay::test {
namespace {

std::string contents(const std::string& file, std::size_t from = 0) {
  std::ifstream in(file, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(from));
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string temporary_file() {
  char name[] = "/tmp/patchbay-test-XXXXXX";
  const int fd = ::mkstemp(name);
  if (fd < 0) throw std::runtime_error("no temporary file");
  ::close(fd);
  return name;
}

std::vector<std::string> environment_with(const std::map<std::string, std::string>& further) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view ours(*entry);
    const bool is_replaced = further.count(std::string(ours.substr(0, ours.find('=')))) > 0;
    if (!ours.starts_with("LAYERCODE_") && !is_replaced) all.emplace_back(ours);
  }
  for (const auto& [name, value] : further) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> all;
  for (std::string& text : strings) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

bool has_ended(pid_t pid) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
         info.si_pid != 0;
}

constexpr std::size_t much = 4000;  // bytes of a log, for one who reads why a test failed

// Where a sanitizer's report begins; npos where there is none.
std::size_t report_in(const std::string& log) {
  return std::min(
      {log.find("WARNING: ThreadSanitizer"), log.find("==ERROR: "), log.find("runtime error: ")});
}

}  // namespace

HostProcess::HostProcess(const Setup& setup)
    : output_file_(temporary_file()), log_file_(temporary_file()) {
  std::vector<std::string> arguments{setup.program.empty() ? patchbay_binary() : setup.program};
  arguments.insert(arguments.end(), setup.arguments.begin(), setup.arguments.end());
  std::map<std::string, std::string> further = setup.environment;
  further.try_emplace("XDG_STATE_HOME", state_.path);
  std::vector<std::string> environment = environment_with(further);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(environment);

  pid_ = ::fork();
  if (pid_ != 0) return;
  ::dup2(::open(output_file_.c_str(), O_WRONLY | O_APPEND), STDOUT_FILENO);
  ::dup2(::open(log_file_.c_str(), O_WRONLY | O_APPEND), STDERR_FILENO);
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  if (!setup.directory.empty() && ::chdir(setup.directory.c_str()) != 0) ::_exit(126);
  ::execve(argv[0], argv.data(), envp.data());
  ::_exit(127);
}

HostProcess::~HostProcess() {
  const bool was_running = ended_with_ < 0;
  if (was_running) signal(SIGTERM);
  if (was_running && wait() < 0) {
    signal(SIGKILL);
    wait();
  }
  const std::string said = log();
  const std::size_t report = report_in(said);
  if (report != std::string::npos || (was_running && ended_with_ != 0)) {
    const std::size_t last_lines = said.size() - std::min(said.size(), much);
    std::cerr << "a host left a fault behind, and ended with " << ended_with_ << ":\n"
              << said.substr(std::min(report, last_lines), 2 * much) << '\n';
  }
  ::unlink(output_file_.c_str());
  ::unlink(log_file_.c_str());
}

std::uint16_t HostProcess::port() {
  const std::string mark = "answers on http";
  std::uint16_t port = 0;
  eventually([&] {
    const std::string text = output();
    const std::size_t at = text.find(mark);
    const std::size_t end = at == std::string::npos ? at : text.find('\n', at);
    if (end != std::string::npos)
      port = static_cast<std::uint16_t>(std::stoi(text.substr(text.rfind(':', end) + 1)));
    return port != 0 || has_ended(pid_);
  });
  if (port == 0 && has_ended(pid_)) throw std::runtime_error("the host did not start: " + log());
  return port;
}

std::string HostProcess::output() const {
  return contents(output_file_);
}
std::string HostProcess::log() const {
  return contents(log_file_);
}
std::string HostProcess::log_after(std::size_t byte) const {
  return contents(log_file_, byte);
}

bool HostProcess::logs(const std::string& text) const {
  return eventually([&] { return log().find(text) != std::string::npos; });
}

bool HostProcess::logs_line(const std::vector<std::string>& texts) const {
  return eventually([&] {
    std::istringstream lines(log());
    for (std::string line; std::getline(lines, line);) {
      if (std::all_of(texts.begin(), texts.end(), [&](const std::string& text) {
            return line.find(text) != std::string::npos;
          }))
        return true;
    }
    return false;
  });
}

void HostProcess::signal(int number) const {
  ::kill(pid_, number);
}

int HostProcess::wait() {
  if (ended_with_ >= 0) return ended_with_;
  int status = 0;
  if (!eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; })) return -1;
  ended_with_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended_with_;
}

std::string patchbay_binary() {
  return PATCHBAY_BINARY_DIR "/patchbay";
}
std::string plugin_directory() {
  return PATCHBAY_BINARY_DIR "/plugins";
}
std::string fixture_directory() {
  return PATCHBAY_BINARY_DIR "/fixtures";
}

HostProcess::Setup serving(const std::string& plugins, std::vector<std::string> further) {
  HostProcess::Setup setup;
  setup.arguments = {"serve", "--listen", "127.0.0.1:0", "--plugins", plugins};
  const std::vector<std::string> tls = tls_flags();
  setup.arguments.insert(setup.arguments.end(), tls.begin(), tls.end());
  setup.arguments.insert(setup.arguments.end(), further.begin(), further.end());
  setup.environment["LAYERCODE_WEBHOOK_SECRET"] = test_secret;
  return setup;
}

}  // namespace patchbay::test
