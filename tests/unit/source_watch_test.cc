// SPDX-License-Identifier: MIT
#include "machine/source_watch.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/temp_dir.h"

namespace patchbay {
namespace {

namespace fs = std::filesystem;

constexpr Milliseconds never{3'600'000};

// A project whose sources are watched.
struct Desk {
  test::TempDir room;
  Log log{LogLevel::off, LogFormat::text};
  Interrupt stop;
  std::unique_ptr<SourceWatch> watch;

  explicit Desk(const std::string& before = "true",
                SourceWatch::Options options = {Milliseconds{10}, Milliseconds{500}, never}) {
    run("mkdir src; echo 1 > src/hello.cc; " + before);
    auto started = SourceWatch::start(room.path, options, log);
    REQUIRE(started);
    watch = *std::move(started);
  }
  void run(const std::string& commands) const {
    const std::string all = "set -e; cd '" + room.path.native() + "'; " + commands;
    REQUIRE(std::system(all.c_str()) == 0);  // NOLINT(concurrency-mt-unsafe)
  }
  // What is told of these commands, in however many answers.
  std::set<std::string> told_of(const std::string& commands) {
    run(commands + "; echo x >> mark");
    std::set<std::string> all;
    while (!all.contains("mark")) {
      for (const fs::path& file : watch->wait(stop)) all.insert(file.string());
    }
    all.erase("mark");
    return all;
  }
};

using Names = std::set<std::string>;

struct Save {
  const char* name;
  const char* commands;
};
const Save saves[] = {
    {"written in place", "echo 2 > src/hello.cc"},
    {"vim: the old one is renamed and deleted",
     "mv src/hello.cc src/hello.cc~; echo 2 > src/hello.cc; rm src/hello.cc~"},
    {"a hidden file is renamed over it",
     "echo 2 > src/.hello.cc.swx; mv src/.hello.cc.swx src/hello.cc"},
    {"a visible one is", "echo 2 > src/hello.cc.tmp; mv src/hello.cc.tmp src/hello.cc"},
    {"touched, so that a build takes it up", "touch -d 2040-01-01 src/hello.cc"},
    {"deleted", "rm src/hello.cc"},
    {"replaced by an older one, of the same size",
     "echo 0 > src/other.tmp; touch -d 2001-01-01 src/other.tmp; mv src/other.tmp src/hello.cc"},
};

TEST_SUITE("source_watch") {
  TEST_CASE("a source that is saved is told of, whatever way its editor has") {
    for (const Save& save : saves) {
      CAPTURE(save.name);
      Desk desk;
      CHECK(desk.told_of(save.commands) == Names{"src/hello.cc"});
    }
  }

  TEST_CASE("what editors, builds and version control leave behind is no source") {
    Desk desk("mkdir build target .git");
    CHECK(
        desk.told_of("echo > src/.hello.cc.swp; echo > src/hello.cc~; echo > src/4913; "
                     "echo > 'src/#hello.cc#'; ln -s nobody@nowhere src/.#hello.cc; "
                     "echo > src/hello.o; echo > hello.so; echo > src/hello.d; echo > Cargo.lock; "
                     "echo > build/x.cc; echo > target/y.rs; echo > .git/index; "
                     "mkdir -p src/build cmake-build-debug; echo > src/build/z.cc; "
                     "echo > cmake-build-debug/z.cc") == Names{});
  }

  TEST_CASE("a file in a new directory is told of, and what is written to it later") {
    Desk desk;
    CHECK(desk.told_of("mkdir -p src/more/still; echo 1 > src/more/still/new.cc") ==
          Names{"src/more/still/new.cc"});
    CHECK(desk.told_of("echo 2 > src/more/still/new.cc") == Names{"src/more/still/new.cc"});
  }

  TEST_CASE("a directory that is moved away takes its sources along") {
    Desk desk("mkdir old; echo > old/a.cc");
    CHECK(desk.told_of("mv old fresh") == Names{"old/a.cc", "fresh/a.cc"});
    CHECK(desk.told_of("echo 2 > fresh/a.cc") == Names{"fresh/a.cc"});
  }

  TEST_CASE("other rights, another link or a reader are no change") {
    Desk desk;
    CHECK(desk.told_of("chmod 600 src/hello.cc; ln src/hello.cc .link; cat src/hello.cc >&2") ==
          Names{});
  }

  TEST_CASE("what is saved while nobody waits is told of when somebody does") {
    Desk desk;
    desk.run("echo 2 > src/hello.cc; echo 1 > src/b.cc");
    CHECK(desk.watch->wait(desk.stop) == std::vector<fs::path>{"src/b.cc", "src/hello.cc"});
  }

  TEST_CASE("what inotify does not tell of is found by looking") {
    // Hidden names are not listened to, and a link's target has such a name.
    Desk desk("echo 1 > .real; ln -s ../.real src/link.cc",
              {Milliseconds{10}, Milliseconds{500}, Milliseconds{20}});
    desk.run("echo two > .real");
    CHECK(desk.watch->wait(desk.stop) == std::vector<fs::path>{"src/link.cc"});
  }

  TEST_CASE("whoever writes without end is told of all the same") {
    Desk desk("true", {never, Milliseconds{1}, never});
    std::thread writer(
        [&] { desk.run("while [ ! -e .enough ]; do echo x >> src/hello.cc; sleep 0.005; done"); });
    CHECK(desk.watch->wait(desk.stop) == std::vector<fs::path>{"src/hello.cc"});
    desk.run("echo > .enough");
    writer.join();
  }

  TEST_CASE("a wait that is stopped tells of nothing") {
    Desk desk;
    desk.stop.raise();
    CHECK(desk.watch->wait(desk.stop).empty());
  }

  TEST_CASE("a directory that is not there is an error that names it") {
    Log log(LogLevel::off, LogFormat::text);
    const auto started = SourceWatch::start("/nowhere/at/all", {}, log);
    REQUIRE_FALSE(started);
    CHECK(started.error().message == "there is no directory /nowhere/at/all");
  }
}

}  // namespace
}  // namespace patchbay
