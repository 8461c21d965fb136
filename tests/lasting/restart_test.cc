// SPDX-License-Identifier: MIT
// A host is stopped and another takes its place: callers go on as if nothing had been.
#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "lasting/scene.h"
#include "machine/sqlite_file.h"
#include "support/wait.h"
#include "support/webhook.h"

namespace patchbay::test {
namespace {

void stop(HostProcess& host) {
  host.signal(SIGTERM);
  CHECK(host.wait() == 0);
}

TEST_SUITE("restart") {
  TEST_CASE("after a restart agents know their callers, and the talk goes on where it was") {
    const Scene scene;
    auto host = scene.open();
    CHECK(say_in(*host, "greeter", "ada", "My name is Ada") == "Nice to meet you, Ada.");
    say_in(*host, "bakery", "ada", "two croissants please");
    CHECK(say_in(*host, "diary", "ada", "say Hello") == "Hello");
    stop(*host);

    host = scene.open();
    CHECK(say_in(*host, "greeter", "ada", "what's my name?") == "Your name is Ada.");
    CHECK(say_in(*host, "greeter", "bob", "what's my name?") ==
          "I don't think we have met. What is your name?");
    CHECK(say_in(*host, "bakery", "ada", "what's my order?").find("two croissants") !=
          std::string::npos);
    CHECK(say_in(*host, "diary", "ada", "history") ==
          "caller: say Hello | agent: Hello | caller: history");
  }

  TEST_CASE("a second host on the same file is refused, also by another name of it") {
    const Scene scene;
    const auto host = scene.open();
    REQUIRE(host->port() != 0);  // it has its file
    const std::string other_name = scene.database() + ".link";
    std::filesystem::create_symlink(scene.database(), other_name);
    HostProcess second(serving(plugin_directory(), {"--store", "sqlite:" + other_name}));
    CHECK(second.wait() == 1);
    CHECK(second.log().find("another host keeps its conversations in") != std::string::npos);
  }

  TEST_CASE("a host does not start on a file that is damaged, and says what to do") {
    const Scene scene;
    auto host = scene.open();
    for (int i = 0; i < 20; ++i) say_in(*host, "diary", "ada", "say " + std::string(2'000, 'x'));
    stop(*host);
    {
      const auto size = std::filesystem::file_size(scene.database());
      REQUIRE(size > 16'384);
      std::fstream file(scene.database(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(8'192);  // its first pages are whole: to open it finds no fault
      const std::string noise(static_cast<std::size_t>(size) - 8'192, '#');
      file.write(noise.data(), static_cast<std::streamsize>(noise.size()));
    }
    host = scene.open();
    CHECK(host->wait() == 1);
    CHECK(host->log().find(scene.database() + " is damaged: ") != std::string::npos);
    CHECK(host->log().find(".recover") != std::string::npos);
    std::filesystem::rename(scene.database(), scene.database() + ".damaged");
    host = scene.open();
    CHECK(say_in(*host, "diary", "ada", "say Hello") == "Hello");
  }

  TEST_CASE("what was heard of an interrupted turn is told to the next host (case 69)") {
    const Scene scene;
    auto host = scene.open();
    Line talked_over = begin(*host, "diary", message("talk", "ada", "turn_1"));
    CHECK(say_in(*host, "diary", "ada", "say Yes") == "Yes");
    Line cut_off = begin(*host, "diary", message("talk", "bob", "turn_1"));
    cut_off.close();
    CHECK(host->logs_line({"conversation=bob", "outcome=caller_gone"}));
    stop(*host);

    host = scene.open();
    CHECK(hear(host->port(), "diary", after_interruption("history", "ada", "turn_1", "one two"))
              .words ==
          "caller: talk | agent: one two [interrupted] | caller: say Yes | "
          "agent: Yes | caller: history");
    CHECK(
        hear(host->port(), "diary", after_interruption("history", "bob", "turn_1", "one")).words ==
        "caller: talk | agent: one [interrupted] | caller: history");
    stop(*host);

    host = scene.open();
    CHECK(say_in(*host, "diary", "bob", "history")
              .starts_with("caller: talk | agent: one [interrupted] | caller: history | agent: "));
  }

  TEST_CASE("a host that is killed leaves what it had said, to be corrected by what was heard") {
    const Scene scene;
    auto host = scene.open();
    const Line endless = begin(*host, "diary", message("tell 1000 100 a", "ada", "turn_1"));
    const auto is_written = [&] {
      const auto file = SqliteFile::open(scene.database(), std::chrono::seconds(5));
      const auto found = (*file)->number(
          "SELECT count(*) FROM record WHERE instr(value, CAST('turn_1.3 ' AS BLOB)) > 0");
      return found && *found == 1;
    };
    CHECK(eventually(is_written));
    host->signal(SIGKILL);
    host->wait();

    host = scene.open();
    const std::string heard = "turn_1.1 turn_1.2";
    CHECK(
        hear(host->port(), "diary", after_interruption("history", "ada", "turn_1", heard)).words ==
        "caller: tell 1000 100 a | agent: " + heard + " [interrupted] | caller: history");
  }
}

}  // namespace
}  // namespace patchbay::test
