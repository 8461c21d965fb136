// SPDX-License-Identifier: MIT
#include "machine/command.h"

#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "support/temp_dir.h"
#include "support/wait.h"

namespace patchbay {
namespace {

Command shell(const std::string& line) {
  return {{"/bin/sh", "-c", line}, "/", false, {}};
}

CommandEnd run(const Command& command) {
  const Interrupt never;
  const Result<CommandEnd> end = run_command(command, never);
  REQUIRE(end);
  return *end;
}

TEST_SUITE("command") {
  TEST_CASE("what a command prints is collected from both outputs, in order") {
    const CommandEnd end = run(shell("echo one; echo two >&2; echo three"));
    CHECK(end.is_good());
    CHECK(end.output == "one\ntwo\nthree\n");
  }

  TEST_CASE("how it ended is told") {
    const CommandEnd failed = run(shell("exit 3"));
    CHECK_FALSE(failed.is_good());
    CHECK(failed.text() == "ended with exit code 3");
    const CommandEnd killed = run(shell("kill -SEGV $$"));
    CHECK_FALSE(killed.is_good());
    CHECK(killed.text() == "was killed by SIGSEGV");
  }

  TEST_CASE("it runs where it is told to, and is found by its name") {
    const test::TempDir room;
    const CommandEnd end = run({{"pwd"}, room.path, false, {}});
    CHECK(end.output == room.path.string() + "\n");
  }

  TEST_CASE("a program that is not there is an error that says what to install") {
    const Interrupt never;
    const Result<CommandEnd> end = run_command({{"no-such-compiler"}, "/", false, {}}, never);
    REQUIRE_FALSE(end);
    CHECK(end.error().message == "cannot start no-such-compiler: No such file or directory");
    CHECK(end.error().hint == "install no-such-compiler, or put it into $PATH");
  }

  TEST_CASE("it believes to write to a terminal only where it shall, and its line ends stay") {
    const std::string ask = "test -t 1 && test -t 2 && echo yes || echo no; test -t 0 || echo deaf";
    Command command = shell(ask);
    CHECK(run(command).output == "no\ndeaf\n");
    command.on_terminal = true;
    CHECK(run(command).output == "yes\ndeaf\n");
  }

  TEST_CASE("nothing is lost of what it prints last") {
    for (const bool on_terminal : {false, true}) {
      Command command = shell("seq 1 20000");
      command.on_terminal = on_terminal;
      CHECK(run(command).output.ends_with("\n19999\n20000\n"));
    }
  }

  TEST_CASE("of endless output the beginning is kept, and all of it is heard") {
    std::size_t heard = 0;
    Command command = shell("yes error | head -c 1000000");
    command.heard = [&](std::string_view piece) { heard += piece.size(); };
    const CommandEnd end = run(command);
    CHECK(heard == 1'000'000);
    CHECK(end.output.size() < 300'000);
    CHECK(end.output.starts_with("error\n"));
    CHECK(end.output.ends_with("(cut here)\n"));
  }

  TEST_CASE("signals that we block or ignore reach it") {
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    const CommandEnd end = run(shell("kill -TERM $$; sleep 1000"));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    CHECK(end.text() == "was killed by SIGTERM");
  }

  TEST_CASE("what goes on behind it is not waited for") {
    const CommandEnd end = run(shell("sleep 1000 & echo $!"));
    CHECK(end.is_good());
    ::kill(std::stoi(end.output), SIGKILL);
  }

  TEST_CASE("it is stopped with all that it started, also where they do not want to") {
    for (const char* deaf : {"", "trap '' TERM; "}) {
      const test::TempDir room;
      const std::filesystem::path file = room.path / "pid";
      Interrupt stop;
      std::thread stopper([&] {
        CHECK(test::eventually([&] { return std::filesystem::exists(file); }));
        stop.raise();
      });
      const Result<CommandEnd> end = run_command(
          {{"/bin/sh", "-c", std::string(deaf) + "sleep 1000 & echo $! > p; mv p pid; wait; wait"},
           room.path,
           false,
           {}},
          stop);
      stopper.join();
      REQUIRE(end);
      CHECK(end->text() == "was stopped");
      pid_t child = 0;
      std::ifstream(file) >> child;
      REQUIRE(child > 0);
      // Somebody's zombie for a moment, where nobody reaps it.
      CHECK(test::eventually([&] {
        std::ifstream status("/proc/" + std::to_string(child) + "/stat");
        std::string pid, name, state;
        return !(status >> pid >> name >> state) || state == "Z";
      }));
    }
  }
}

}  // namespace
}  // namespace patchbay
