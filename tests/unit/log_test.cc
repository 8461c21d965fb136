// SPDX-License-Identifier: MIT
#include "ground/log.h"

#include <doctest/doctest.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

namespace patchbay {
namespace {

// What `write` puts on standard error.
template <class Write>
std::string captured(LogLevel level, LogFormat format, Write write, bool redact = true) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const int kept = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  {
    Log log(level, format, redact);
    write(log);
  }
  ::dup2(kept, STDERR_FILENO);
  ::close(kept);
  ::close(ends[1]);
  std::string text;
  char piece[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], piece, sizeof piece)) > 0;)
    text.append(piece, static_cast<std::size_t>(got));
  ::close(ends[0]);
  return text;
}

TEST_SUITE("log") {
  TEST_CASE("a fact and its fields are one line of text, after time and level") {
    const std::string text = captured(LogLevel::info, LogFormat::text, [](Log& log) {
      log.warn("turn",
               {{"agent", "bakery"}, {"ms", 12}, {"clean", true}, {"why", "it said \"no\""}});
    });
    CHECK(text.substr(12) ==
          " warn  turn agent=bakery ms=12 clean=true why=\"it said \\\"no\\\"\"\n");
  }

  TEST_CASE("every line of JSON is one object") {
    const std::string text = captured(LogLevel::info, LogFormat::json, [](Log& log) {
      log.info("turn", {{"agent", "bakery"}, {"ms", 12}});
    });
    const auto line = nlohmann::json::parse(text);
    CHECK(line["level"] == "info");
    CHECK(line["fact"] == "turn");
    CHECK(line["agent"] == "bakery");
    CHECK(line["ms"] == 12);
    CHECK(line["time"].get<std::string>().size() == 24);
  }

  TEST_CASE("its level can be asked for, changed, and named in words") {
    Log log(LogLevel::warn, LogFormat::text);
    CHECK(log.level() == LogLevel::warn);
    for (const std::string_view name : {"trace", "debug", "info", "warn", "error", "off"}) {
      REQUIRE(log_level_named(name));
      log.set_level(*log_level_named(name));
      CHECK(name_of(log.level()) == name);
    }
    CHECK(!log_level_named("loud"));
    CHECK(!log_level_named(""));
  }

  TEST_CASE("a plugin's text cannot forge a second line") {
    const std::string text = captured(LogLevel::info, LogFormat::text, [](Log& log) {
      log.info("agent says", {{"message", "hello\n12:00:00.000 error all is lost"}});
    });
    CHECK(text.find('\n') == text.size() - 1);
  }

  TEST_CASE("what people say stands there without numbers and addresses, unless that is wanted") {
    const auto write = [](Log& log) {
      log.info("agent says", {{"conversation", "conv_12345"},
                              {"message", Spoken{"0171 5550123, or ada@example.com"}}});
    };
    CHECK(captured(LogLevel::info, LogFormat::text, write).substr(12) ==
          " info  agent says conversation=conv_12345 message=\"[number], or [e-mail]\"\n");
    const auto line = nlohmann::json::parse(captured(LogLevel::info, LogFormat::json, write));
    CHECK(line["message"] == "[number], or [e-mail]");
    const std::string open = captured(LogLevel::info, LogFormat::text, write, false);
    CHECK(open.find("message=\"0171 5550123, or ada@example.com\"") != std::string::npos);
  }

  TEST_CASE("what is below the level is not written, and the level can be changed") {
    const std::string text = captured(LogLevel::warn, LogFormat::text, [](Log& log) {
      log.info("unheard");
      log.set_level(LogLevel::debug);
      log.debug("heard");
    });
    CHECK(text.find("unheard") == std::string::npos);
    CHECK(text.find("heard") != std::string::npos);
  }

  TEST_CASE("what was flushed is written, whatever becomes of the process") {
    for (int i = 0; i < 20; ++i) {
      int ends[2];
      REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
      const int kept = ::dup(STDERR_FILENO);
      ::dup2(ends[1], STDERR_FILENO);
      Log log(LogLevel::info, LogFormat::text);
      for (int line = 0; line < 100; ++line) log.info("line");
      log.info("last");
      log.flush();
      char text[16 * 1024];  // a pipe holds it all
      const ssize_t got = ::read(ends[0], text, sizeof text);
      ::dup2(kept, STDERR_FILENO);
      ::close(kept);
      CHECK(std::string(text, static_cast<std::size_t>(got)).ends_with(" info  last\n"));
      ::close(ends[0]);
      ::close(ends[1]);
    }
  }

  TEST_CASE("a reader who does not read keeps nobody from ending") {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    REQUIRE(::fcntl(ends[1], F_SETPIPE_SZ, 4096) == 4096);
    const int kept = ::dup(STDERR_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[1]);
    constexpr long lines = 200;
    {
#ifdef __SANITIZE_ADDRESS__
      const __lsan::ScopedDisabler left_to_the_writer;  // on purpose, see ~Log
#endif
      Log log(LogLevel::info, LogFormat::text);
      for (long i = 0; i < lines; ++i) log.info("a line that is longer than a few bytes");
    }
    std::string text;  // of the writer who was left
    char piece[4096];
    while (std::count(text.begin(), text.end(), '\n') < lines) {
      const ssize_t got = ::read(ends[0], piece, sizeof piece);
      REQUIRE(got > 0);
      text.append(piece, static_cast<std::size_t>(got));
    }
    ::dup2(kept, STDERR_FILENO);
    ::close(kept);
    ::close(ends[0]);
  }

  TEST_CASE("lines that a slow reader missed are counted in a line") {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const int kept = ::dup(STDERR_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[1]);
    std::string text;
    {
      Log log(LogLevel::info, LogFormat::text);
      for (int line = 0; line < 20'000; ++line) log.info("line", {{"why", "nobody reads this"}});
      // From here somebody does; the last of what the log says comes when it is gone.
      std::thread reader([&] {
        char piece[64 * 1024];
        for (ssize_t got = 0; (got = ::read(ends[0], piece, sizeof piece)) > 0;)
          text.append(piece, static_cast<std::size_t>(got));
      });
      log.flush();
      ::dup2(kept, STDERR_FILENO);
      reader.join();
    }
    ::close(kept);
    ::close(ends[0]);
    CHECK(text.find(" warn  log lines dropped lines=") != std::string::npos);
  }

  TEST_CASE("an empty field is left out") {
    const std::string text = captured(LogLevel::info, LogFormat::text, [](Log& log) {
      log.info("turn", {{"why", ""}});
    });
    CHECK(text.find("why") == std::string::npos);
  }
}

}  // namespace
}  // namespace patchbay
