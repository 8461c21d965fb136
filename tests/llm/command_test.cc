// SPDX-License-Identifier: MIT
#include "command.h"

#include <doctest/doctest.h>
#include <signal.h>

#include <fstream>
#include <string>
#include <thread>

namespace {

using llm::Command;
using std::chrono::milliseconds;

constexpr milliseconds long_enough{30'000};

Command::Result run(const std::vector<std::string>& words, const std::string& input = "",
                    milliseconds limit = long_enough, std::size_t most = 10'000) {
  ::signal(SIGPIPE, SIG_IGN);  // as a host does
  Command command;
  return command.run(words, input, limit, most);
}
Command::Result shell(const std::string& script, milliseconds limit = long_enough) {
  return run({"/bin/sh", "-c", script}, "", limit);
}

}  // namespace

TEST_SUITE("command") {
  TEST_CASE("a program gets its words as they are, and what it prints is its result") {
    const auto result = run({"/usr/bin/printf", "%s|", "a b", "$(id)", "; rm -rf /", ""});
    CHECK(result.how == Command::End::exited);
    CHECK(result.code == 0);
    CHECK(result.out == "a b|$(id)|; rm -rf /||");
  }

  TEST_CASE("it reads its input, of any length, and need not read it") {
    const std::string input(300'000, 'x');
    CHECK(run({"/usr/bin/wc", "-c"}, input).out == "300000\n");
    CHECK(run({"/bin/true"}, input).code == 0);
  }

  TEST_CASE("it has an environment of its own, and none of our files") {
    ::setenv("LLM_TEST_SECRET", "x", 1);
    const std::string seen = run({"/usr/bin/env"}).out;
    CHECK(seen.find("PATH=") != std::string::npos);
    CHECK(seen.find("SECRET") == std::string::npos);
    CHECK(shell("pwd").out == "/\n");
    const std::ifstream open("/dev/null");
    CHECK(shell("ls /proc/self/fd | wc -l").out == "4\n");  // three, and that of ls itself
  }

  TEST_CASE("exit codes, signals, errors and what cannot be started are told apart") {
    const auto failed = shell("echo so; echo why >&2; exit 3");
    CHECK(failed.how == Command::End::exited);
    CHECK(failed.code == 3);
    CHECK(failed.out == "so\n");
    CHECK(failed.err == "why\n");
    const auto killed = shell("kill -9 $$");
    CHECK(killed.how == Command::End::killed);
    CHECK(killed.code == SIGKILL);
    CHECK(run({"/no/such/program"}).how == Command::End::missing);
  }

  TEST_CASE("what is too long is cut, and what takes too long is ended with all that it started") {
    Command::Result endless;
    // On a machine that is busy it has not said much after a moment.
    for (milliseconds limit(100); !endless.cut && limit < long_enough; limit *= 2) {
      endless = run({"/usr/bin/yes"}, "", limit);
      CHECK(endless.how == Command::End::late);
    }
    CHECK(endless.cut);
    CHECK(endless.out.size() == 10'000);
    CHECK(shell("sleep 1000 & sleep 1000", milliseconds(100)).how == Command::End::late);
  }

  TEST_CASE("it has ended when its process has, whoever holds its output") {
    const auto result = shell("sleep 1000 & echo done");
    CHECK(result.how == Command::End::exited);
    CHECK(result.out == "done\n");
  }

  TEST_CASE("it can be cancelled, also before it was started") {
    Command early;
    early.cancel();
    CHECK(early.run({"/bin/echo"}, "", long_enough, 10).how == Command::End::cancelled);
    Command command;
    Command::Result result;
    std::thread runs([&] { result = command.run({"/bin/sleep", "1000"}, "", long_enough, 10); });
    command.cancel();
    runs.join();
    CHECK(result.how == Command::End::cancelled);
  }
}
