// SPDX-License-Identifier: MIT
#include "machine/watch.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "machine/descriptor.h"
#include "support/lookout.h"

namespace patchbay {
namespace {

namespace fs = std::filesystem;
using test::append;
using test::bytes_of;
using test::Call;
using test::check_told_once;
using test::eventually;
using test::Lookout;
using test::never;
using test::write;

struct Way {
  const char* name;
  const char* before;  // `plugins` is followed
  const char* commands;
};

// inotify says something else to nearly each of them.
const Way ways[] = {
    {"cp of a new file", "", "cp aside/1.so plugins/a.so"},
    {"cp over", "cp aside/1.so plugins/a.so", "cp aside/2.so plugins/a.so"},
    {"cp --remove-destination", "cp aside/1.so plugins/a.so",
     "cp --remove-destination aside/2.so plugins/a.so"},
    {"mv", "", "mv aside/1.so plugins/a.so"},
    {"mv over", "cp aside/1.so plugins/a.so", "mv aside/2.so plugins/a.so"},
    {"install", "", "install aside/1.so plugins/a.so"},
    {"install over", "cp aside/1.so plugins/a.so", "install -m 755 aside/2.so plugins/a.so"},
    {"tar x", "cd aside; cp 1.so a.so; touch -d 2001-01-01 a.so; tar cf a.tar a.so",
     "tar xf aside/a.tar -C plugins"},
    {"tar x over", "cp aside/2.so plugins/a.so; cd aside; cp 1.so a.so; tar cf a.tar a.so",
     "tar xf aside/a.tar -C plugins"},
    {"a linker", "", "cc -shared -nostdlib -x c /dev/null -o plugins/a.so"},
    {"a linker, over", "cp aside/1.so plugins/a.so",
     "cc -shared -nostdlib -x c /dev/null -o plugins/a.so"},
    {"strip", "cc -g -shared -nostdlib -x c /dev/null -o plugins/a.so", "strip plugins/a.so"},
    {"objcopy", "cc -g -shared -nostdlib -x c /dev/null -o plugins/a.so",
     "objcopy --strip-debug plugins/a.so"},
    {"a resumed copy, that opens it twice", "",
     "head -c 40 aside/1.so > plugins/a.so; tail -c +41 aside/1.so >> plugins/a.so"},
    {"dd in small pieces", "", "dd if=aside/1.so of=plugins/a.so bs=16 status=none"},
    {"rsync: a dot file, its time set, renamed", "cp aside/1.so plugins/a.so",
     "cp aside/2.so plugins/.a.so.Xy12ab; touch -d 2001-01-01 plugins/.a.so.Xy12ab; "
     "mv plugins/.a.so.Xy12ab plugins/a.so"},
    {"an older one of the same size, with its old time", "cp aside/2.so plugins/a.so",
     "cp -p aside/1.so plugins/a.so"},
    {"ln -s", "", "ln -s ../aside/1.so plugins/a.so"},
    {"ln -sfn", "ln -s ../aside/1.so plugins/a.so", "ln -sfn ../aside/2.so plugins/a.so"},
    {"ln, a hard link", "", "ln aside/1.so plugins/a.so"},
    {"its target rewritten", "ln -s ../aside/1.so plugins/a.so", "cp aside/2.so aside/1.so"},
    {"its target replaced", "ln -s ../aside/1.so plugins/a.so", "mv aside/2.so aside/1.so"},
    {"its target appears", "ln -s ../aside/3.so plugins/a.so", "cp aside/2.so aside/3.so"},
    {"a target two links away", "ln -s ../aside/link.so plugins/a.so; ln -s 1.so aside/link.so",
     "cp aside/2.so aside/1.so"},
    {"a directory on the way to its target",
     "mkdir aside/r1 aside/r2; cp aside/1.so aside/r1/a.so; cp aside/2.so aside/r2/a.so; "
     "ln -s r1 aside/current; ln -s ../aside/current/a.so plugins/a.so",
     "ln -sfn r2 aside/current"},
    {"Kubernetes",
     "cd plugins; mkdir ..1; cp ../aside/1.so ..1/a.so; ln -s ..1 ..data; ln -s ..data/a.so a.so",
     "cd plugins; mkdir ..2; cp ../aside/2.so ..2/a.so; ln -s ..2 ..data_tmp; "
     "mv -T ..data_tmp ..data; rm -r ..1"},
    {"rm and cp", "cp aside/1.so plugins/a.so", "rm plugins/a.so; cp aside/2.so plugins/a.so"},
    {"a digest beside it", "cp aside/1.so plugins/a.so",
     "cd plugins; sha256sum a.so > a.so.sha256"},
    {"a digest beside it, changed", "cp aside/1.so plugins/a.so; echo 1 > plugins/a.so.sha256",
     "echo 2 > plugins/a.so.sha256"},
    {"a digest beside it, gone", "cp aside/1.so plugins/a.so; echo 1 > plugins/a.so.sha256",
     "rm plugins/a.so.sha256"},
    {"a digest, and then the file", "", "echo 1 > plugins/a.so.sha256; cp aside/1.so plugins/a.so"},
};

// Does `things` hold in a process that may have none of that? Nothing where such a process cannot
// be.
template <class Things>
std::optional<bool> without(const std::string& limit, Things things) {
  std::fflush(nullptr);  // or the child might write it once more
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWUSER) != 0) ::_exit(2);
    const Descriptor file(::open(("/proc/sys/user/" + limit).c_str(), O_WRONLY));
    if (::write(file.get(), "0", 1) != 1) ::_exit(2);
    ::_exit(things() ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) < 2) return WEXITSTATUS(status) == 0;
  MESSAGE("skipped: no user namespace to set " << limit << " in");
  return std::nullopt;
}

TEST_SUITE("watch") {
  TEST_CASE("in whatever way a file arrives, it is told of once, and complete") {
    for (const Way& way : ways) {
      CAPTURE(way.name);
      Lookout lookout;
      write(lookout.aside / "1.so", std::string(100, '1'));
      write(lookout.aside / "2.so", std::string(100, '2'));
      lookout.run(way.before);
      lookout.follow_plugins();
      const std::vector<Call> calls = lookout.told_of(way.commands);
      check_told_once(calls, "plugins/a.so", bytes_of(lookout.plugins / "a.so"));
    }
  }

  TEST_CASE("a file from another file system is told of once") {
    if (::access("/dev/shm", W_OK) != 0) return;
    Lookout lookout;
    lookout.follow_plugins();
    const fs::path other = "/dev/shm/patchbay-" + std::to_string(::getpid()) + ".so";
    write(other, std::string(100'000, '1'));
    const std::vector<Call> calls = lookout.told_of("mv '" + other.native() + "' plugins/a.so");
    check_told_once(calls, "plugins/a.so", std::string(100'000, '1'));
  }

  TEST_CASE("what is there when following begins is not told of") {
    Lookout lookout;
    lookout.run("echo 1 > plugins/a.so; echo 1 > conf");
    lookout.follow_plugins();
    lookout.watch->follow_file(lookout.room.path / "conf");
    CHECK(lookout.told_of("true").empty());
  }

  TEST_CASE("what changes nothing about a file is not told of") {
    Lookout lookout;
    lookout.run("echo 1 > plugins/a.so");
    lookout.follow_plugins();
    CHECK(lookout.told_of("cat plugins/a.so; : >> plugins/a.so").empty());
    // `touch` does change something: a time.
    CHECK(lookout.told_of("touch plugins/a.so").size() <= 1);
  }

  TEST_CASE("other names are noise") {
    Lookout lookout;
    lookout.follow_plugins();
    CHECK(lookout
              .told_of("cd plugins; for n in .a.so a.so~ a.so.tmp a.txt stXy12ab so a.so.sig "
                       ".a.so.sha256 b.so.sha256; do echo 1 > $n; done; mkdir dir.so dir; "
                       "echo 1 > dir/b.so; mkfifo pipe.so; ln -s nothing c.so")
              .empty());
  }

  TEST_CASE("a file that goes is told of, and again when it is back") {
    Lookout lookout;
    lookout.run("echo 1 > plugins/a.so");
    lookout.follow_plugins();
    check_told_once(lookout.told_of("rm plugins/a.so"), "plugins/a.so", "");
    check_told_once(lookout.told_of("echo 2 > plugins/a.so"), "plugins/a.so", "2\n");
    CHECK(lookout.told_of("echo 3 > plugins/b.so; rm plugins/b.so").empty());
  }

  TEST_CASE("a link is heard of wherever it leads at the time") {
    Lookout lookout;
    lookout.run("echo 1 > aside/1; echo 2 > aside/2; ln -s ../aside/1 plugins/a.so");
    lookout.follow_plugins();
    check_told_once(lookout.told_of("ln -sfn ../aside/2 plugins/a.so"), "plugins/a.so", "2\n");
    CHECK(lookout.told_of("echo 3 > aside/1").empty());
    check_told_once(lookout.told_of("echo 4 > aside/2"), "plugins/a.so", "4\n");
    CHECK(lookout.told_of("ln -s ../aside/3 plugins/b.so").empty());
    check_told_once(lookout.told_of("echo 5 > aside/3"), "plugins/b.so", "5\n");
  }

  TEST_CASE("a burst of 500 writes is one call") {
    Lookout lookout;
    lookout.follow_plugins();
    const std::vector<Call> calls = lookout.told_during([&] {
      for (int i = 0; i < 500; ++i) append(lookout.plugins / "a.so", "x");
    });
    check_told_once(calls, "plugins/a.so", std::string(500, 'x'));
  }

  TEST_CASE("as long as a file does not keep still, it is not told of") {
    constexpr Milliseconds settle{200};
    bool was_slow = true;  // this machine, in at least one of its writes: then it proves nothing
    for (int tries = 0; was_slow && tries < 50; ++tries) {
      was_slow = false;
      Lookout lookout({settle, never});
      lookout.follow_plugins();
      const Moment begin = Clock::now();
      Moment last = begin;
      while (last - begin < 3 * settle) {
        append(lookout.plugins / "a.so", "x");
        const std::size_t calls = lookout.calls().size();
        const Moment now = Clock::now();
        was_slow |= now - last >= settle / 2;  // it is two of these between two writes, at most
        last = now;
        if (!was_slow) CHECK(calls == 0);
        std::this_thread::sleep_for(Milliseconds{5});
      }
      CHECK(lookout.hears("plugins/a.so", bytes_of(lookout.plugins / "a.so")));
    }
    CHECK_FALSE(was_slow);
  }

  TEST_CASE("the last word on a file is of its last state, however it is written to") {
    Lookout lookout;
    lookout.follow_plugins();
    for (int i = 0; i < 100; ++i) {
      append(lookout.plugins / "a.so", "x");
      std::this_thread::sleep_for(Milliseconds{i % 15});
    }
    CHECK(lookout.hears("plugins/a.so", std::string(100, 'x')));
  }

  TEST_CASE("one file is followed by its path, also before there is one") {
    Lookout lookout;
    const fs::path file = lookout.room.path / "etc/patchbay/patchbay.toml";
    lookout.watch->follow_file(file);
    check_told_once(lookout.told_of("mkdir -p etc/patchbay; echo 1 > etc/patchbay/patchbay.toml"),
                    "etc/patchbay/patchbay.toml", "1\n");
    CHECK(lookout.told_of("echo 1 > etc/patchbay/other.toml").empty());
    // as editors save
    check_told_once(
        lookout.told_of("cd etc/patchbay; echo 2 > .swp; mv patchbay.toml patchbay.toml~; "
                        "mv .swp patchbay.toml"),
        "etc/patchbay/patchbay.toml", "2\n");
  }

  TEST_CASE("a forgotten file is not told of any more") {
    Lookout lookout;
    const fs::path file = lookout.room.path / "conf";
    lookout.watch->follow_file(file);
    lookout.watch->forget_file(file);
    lookout.watch->forget_file("never followed");
    CHECK(lookout.told_of("echo 1 > conf").empty());
  }

  TEST_CASE("to forget a file in a followed directory leaves it to the directory") {
    Lookout lookout;
    const fs::path file = lookout.plugins / "a.so";
    lookout.watch->follow_file(file);
    lookout.follow_plugins();
    check_told_once(lookout.told_of("echo 1 > plugins/a.so"), "plugins/a.so", "1\n");
    lookout.watch->forget_file(file);
    check_told_once(lookout.told_of("rm plugins/a.so"), "plugins/a.so", "");
  }

  TEST_CASE(
      "a forgotten directory is told of no more, but for files that are followed themselves") {
    Lookout lookout;
    lookout.run("echo 1 > plugins/a.so; echo 1 > plugins/b.so");
    lookout.follow_plugins();
    lookout.watch->follow_file(lookout.plugins / "b.so");
    lookout.watch->forget_directory(lookout.plugins);
    lookout.watch->forget_directory("never followed");
    check_told_once(
        lookout.told_of("echo 2 > plugins/a.so; echo 2 > plugins/b.so; echo 2 > plugins/c.so"),
        "plugins/b.so", "2\n");
    lookout.follow_plugins();
    check_told_once(lookout.told_of("echo 3 > plugins/a.so"), "plugins/a.so", "3\n");
  }

  TEST_CASE("files of a directory behind a link are told of when the link is swapped") {
    Lookout lookout;
    lookout.run(
        "mkdir r1 r2 r3; echo 1 > r1/a.so; echo 2 > r2/a.so; ln r2/a.so r3; "
        "echo 1 > r1/b.so; ln r1/b.so r2; ln r1/b.so r3; echo 3 > r3/c.so; ln -s r1 current");
    REQUIRE_FALSE(lookout.watch->follow_directory(lookout.room.path / "current"));
    check_told_once(lookout.told_of("ln -sfn r2 current"), "current/a.so", "2\n");
    check_told_once(lookout.told_of("echo 2 > r2/b.so"), "current/b.so", "2\n");
    CHECK(lookout.told_of("echo 3 > r1/d.so").empty());
    check_told_once(lookout.told_of("ln -sfn r3 current"), "current/c.so", "3\n");
  }

  TEST_CASE("a directory that was away is compared when it is back") {
    Lookout lookout;
    lookout.run("echo 1 > plugins/a.so; echo 1 > plugins/b.so; echo 1 > plugins/c.so");
    lookout.follow_plugins();
    CHECK(lookout.told_of("mv plugins elsewhere").empty());
    CHECK(lookout.told_of("mv elsewhere plugins").empty());
    CHECK(lookout.told_of("cp -a plugins copy; rm -r plugins").empty());
    CHECK(lookout.told_of("rm copy/b.so; mkdir plugins; cp copy/* plugins").size() == 3);
    check_told_once(lookout.told_of("echo 2 > plugins/d.so"), "plugins/d.so", "2\n");
  }

  TEST_CASE("a directory that is none is an error that names it, and is not followed") {
    Lookout lookout;
    const Problem problem = lookout.watch->follow_directory(lookout.room.path / "nothing");
    REQUIRE(problem);
    CHECK(problem->message == "cannot look into " + (lookout.room.path / "nothing").native() +
                                  ": No such file or directory");
    CHECK(lookout.told_of("mkdir nothing; echo 1 > nothing/a.so").empty());
  }

  TEST_CASE("what inotify cannot see is found by looking") {
    Lookout lookout({Milliseconds{10}, Milliseconds{20}});
    lookout.run(
        "mkdir -p far/up/plugins other/up/plugins; echo 1 > far/up/plugins/a.so; "
        "echo 2 > other/up/plugins/a.so");
    REQUIRE_FALSE(lookout.watch->follow_directory(lookout.room.path / "far/up/plugins"));
    lookout.run("mv far away; mv other far");  // nobody listens as high as that
    CHECK(lookout.hears("far/up/plugins/a.so", "2\n"));
    lookout.run("echo 3 > away/up/plugins/b.so; echo 4 > far/up/plugins/b.so");
    CHECK(lookout.hears("far/up/plugins/b.so", "4\n"));
  }

  TEST_CASE("when the system lost events, all files are looked at") {
    std::size_t most = 0;
    std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
    if (most == 0 || most > 200'000) {
      MESSAGE("skipped: it takes too long to overflow a queue of " << most << " events");
      return;
    }
    Lookout lookout;
    lookout.run("echo 1 > plugins/a.so");
    lookout.follow_plugins();
    const std::vector<Call> calls = lookout.told_during([&] {
      const Descriptor one(::open((lookout.plugins / "1").c_str(), O_CREAT | O_WRONLY, 0600));
      const Descriptor two(::open((lookout.plugins / "2").c_str(), O_CREAT | O_WRONLY, 0600));
      for (std::size_t i = 0; i < most; ++i) {  // by turns: the same event twice would be one
        REQUIRE(::write((i % 2 == 0 ? one : two).get(), "x", 1) == 1);
      }
      lookout.run("echo 2 > plugins/a.so; echo 3 > plugins/b.so");
    });
    REQUIRE(calls.size() == 2);
    CHECK(calls[0].file != calls[1].file);
    check_told_once(lookout.told_of("echo 4 > plugins/c.so"), "plugins/c.so", "4\n");
  }

  TEST_CASE("without an inotify instance left it does not start, and says what to raise") {
    const auto holds = without("max_inotify_instances", [] {
      Log log(LogLevel::off, LogFormat::text);
      const auto watch = Watch::start(
          {}, [](const fs::path&) {}, log);
      return !watch && watch.error().code == "no_inotify" &&
             watch.error().hint.find("fs.inotify.max_user_instances") != std::string::npos;
    });
    CHECK(holds.value_or(true));
  }

  TEST_CASE("without an inotify watch left it lives from looking, and warns once") {
    const test::TempDir room;
    const auto holds = without("max_inotify_watches", [&] {
      const Descriptor said(::open((room.path / "log").c_str(), O_CREAT | O_WRONLY, 0600));
      ::dup2(said.get(), STDERR_FILENO);
      {
        Log log(LogLevel::warn, LogFormat::text);
        std::atomic<int> calls = 0;
        const auto watch = Watch::start(
            {Milliseconds{10}, Milliseconds{20}}, [&](const fs::path&) { ++calls; }, log);
        if (!watch || (*watch)->follow_directory(room.path)) return false;
        write(room.path / "a.so", "1");
        if (!eventually([&] { return calls == 1; })) return false;
        fs::remove(room.path / "a.so");
        if (!eventually([&] { return calls == 2; })) return false;
      }
      const std::string line = bytes_of(room.path / "log");
      return line.find("fs.inotify.max_user_watches") != std::string::npos &&
             std::count(line.begin(), line.end(), '\n') == 1;
    });
    CHECK(holds.value_or(true));
  }

  TEST_CASE("whoever is told may follow and forget") {
    const test::TempDir room;
    Log log(LogLevel::off, LogFormat::text);
    std::atomic<bool> is_told = false;
    std::unique_ptr<Watch> watch;
    auto started = Watch::start(
        {Milliseconds{1}, never},
        [&](const fs::path& file) {
          watch->forget_file(file);
          if (file.filename() == "second") is_told = true;
          watch->follow_file(room.path / "second");
          append(room.path / "second", "x");
        },
        log);
    REQUIRE(started);
    watch = *std::move(started);
    watch->follow_file(room.path / "first");
    append(room.path / "first", "x");
    CHECK(eventually([&] { return is_told.load(); }));
  }
}

}  // namespace
}  // namespace patchbay
