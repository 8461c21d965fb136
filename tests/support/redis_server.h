// SPDX-License-Identifier: MIT
// A real redis-server of a test's own, in a directory of its own, on a unix socket or a port that
// was free: started, killed, stopped and started again. Gone when it dies, or when the test does.
#pragma once
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "machine/descriptor.h"
#include "machine/redis_link.h"
#include "support/temp_dir.h"
#include "support/wait.h"

namespace patchbay::test {

class RedisServer {
 public:
  // `further` options come after ours, eg: {"--requirepass", "x"}.
  explicit RedisServer(std::vector<std::string> further = {}) : further_(std::move(further)) {
    start();
  }
  ~RedisServer() { kill(); }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  [[nodiscard]] RedisAddress address() const {
    RedisAddress address;
    address.socket = socket();
    return address;
  }
  [[nodiscard]] std::string socket() const { return dir_.of("redis.sock"); }

  void start() {
    std::vector<std::string> arguments{"redis-server", "--port", "0", "--save", ""};
    arguments.insert(arguments.end(), {"--unixsocket", socket(), "--dir", dir_.path});
    // What it has handed to the system survives its death; waiting for the disk would tell no more.
    arguments.insert(arguments.end(), {"--appendonly", "yes", "--appendfsync", "no"});
    arguments.insert(arguments.end(), {"--logfile", dir_.of("log")});
    arguments.insert(arguments.end(), further_.begin(), further_.end());
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
      ::execvp(argv[0], argv.data());
      ::_exit(127);
    }
    const bool answers = eventually([this] {
      if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
        throw std::runtime_error("no redis-server: scripts/needs --tests installs it");
      }
      const auto link = RedisLink::connect(address(), Clock::now() + patience);
      return link || link.error().code == "redis_refuses";  // one that wants a password
    });
    if (!answers) throw std::runtime_error("redis-server does not answer");
  }
  // As if its machine had lost power.
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  void hang() const { ::kill(pid_, SIGSTOP); }
  void go_on() const { ::kill(pid_, SIGCONT); }

  // One command of the test's own, eg: {"SCRIPT", "FLUSH"}.
  RedisReply ask(const RedisCommand& command) const {
    const Moment deadline = Clock::now() + patience;
    const auto link = RedisLink::connect(address(), deadline);
    if (!link) throw std::runtime_error(link.error().text());
    auto replies = (*link)->ask({&command, 1}, deadline);
    if (!replies) throw std::runtime_error(replies.error().text());
    return replies->front();
  }

 private:
  TempDir dir_;
  const std::vector<std::string> further_;
  pid_t pid_ = -1;
};

}  // namespace patchbay::test
