// SPDX-License-Identifier: MIT
#include "ground/log.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string>

namespace patchbay {
namespace {

// What `write` puts on standard error.
template <class Write>
std::string captured(LogLevel level, LogFormat format, Write write) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const int kept = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  {
    Log log(level, format);
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

  TEST_CASE("a plugin's text cannot forge a second line") {
    const std::string text = captured(LogLevel::info, LogFormat::text, [](Log& log) {
      log.info("agent says", {{"message", "hello\n12:00:00.000 error all is lost"}});
    });
    CHECK(text.find('\n') == text.size() - 1);
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

  TEST_CASE("an empty field is left out") {
    const std::string text = captured(LogLevel::info, LogFormat::text, [](Log& log) {
      log.info("turn", {{"why", ""}});
    });
    CHECK(text.find("why") == std::string::npos);
  }
}

}  // namespace
}  // namespace patchbay
