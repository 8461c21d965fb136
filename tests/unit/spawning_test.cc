// SPDX-License-Identifier: MIT
#include "machine/spawning.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "support/temp_dir.h"

namespace patchbay {
namespace {

struct Pipe {
  Descriptor here, there;
  Pipe() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    here = Descriptor(ends[0]);
    there = Descriptor(ends[1]);
  }
  // All that is written to it, until nobody writes any more.
  std::string read() {
    there.reset();
    std::string all;
    char piece[256];
    for (ssize_t got = 0; (got = ::read(here.get(), piece, sizeof piece)) > 0;)
      all.append(piece, static_cast<std::size_t>(got));
    return all;
  }
};

int end_of(pid_t child) {
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

TEST_SUITE("spawning") {
  TEST_CASE("a program runs where it is told, and has what it is handed and nothing else") {
    const test::TempDir place;
    const Descriptor other(::open("/dev/null", O_RDONLY));  // would be inherited
    Pipe pipe;
    Spawning with;
    with.run_in(place.path);
    with.hand(pipe.there.get(), STDOUT_FILENO);
    with.close_from(STDERR_FILENO + 1);
    pid_t child = -1;
    const std::string number = std::to_string(other.get());
    const std::string script = "pwd; [ -e /proc/$$/fd/" + number + " ] || echo alone; cat";
    REQUIRE(with.start("sh", {"sh", "-c", script}, child) == 0);
    CHECK(pipe.read() == place.path.string() + "\nalone\n");
    CHECK(end_of(child) == 0);  // cat had nothing to read
  }

  TEST_CASE("a signal that this process blocks or ignores ends it, with all of its group") {
    sigset_t term, before;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &term, &before);
    const auto handler = std::signal(SIGTERM, SIG_IGN);
    Spawning with;
    with.reset_signals();
    pid_t child = -1;
    CHECK(with.start("sleep", {"sleep", "600"}, child) == 0);
    std::signal(SIGTERM, handler);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    const Descriptor process = open_process(child);
    ::kill(-child, SIGTERM);
    pollfd ended{process.get(), POLLIN, 0};
    CHECK(::poll(&ended, 1, 30'000) == 1);
    CHECK(end_of(child) == 128 + SIGTERM);
  }

  TEST_CASE("a program that is not there is an errno") {
    Spawning with;
    pid_t child = -1;
    CHECK(with.start("no-such-program", {"no-such-program"}, child) == ENOENT);
    CHECK(with.start("/no/such/program", {"program"}, child) == ENOENT);
  }
}

}  // namespace
}  // namespace patchbay
