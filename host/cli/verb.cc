// SPDX-License-Identifier: MIT
#include "cli/verb.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "ground/text.h"

namespace patchbay {

int fail(const Error& error) {
  // A line of a configuration begins with its place, as compilers have it: editors jump there.
  const bool has_place = error.code == "config_invalid";
  fmt::print(stderr, "{}{}\n", has_place ? "" : "patchbay: ", error.message);
  if (!error.hint.empty()) fmt::print(stderr, "  {}\n", error.hint);
  return exit_failed;
}

int unknown_verb(std::string_view word, std::span<const std::string_view> verbs) {
  const std::string_view meant = nearest(word, verbs);
  fmt::print(stderr, "patchbay: there is no verb '{}'{}\n  see patchbay --help\n", word,
             meant.empty() ? "" : fmt::format("; did you mean '{}'?", meant));
  return exit_usage;
}

bool wants_colour() {
  const char* refused = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe)
  const char* terminal = std::getenv("TERM");     // NOLINT(concurrency-mt-unsafe)
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return (refused == nullptr || *refused == '\0') && !dumb && ::isatty(STDOUT_FILENO) == 1;
}

LogLevel log_level_of(std::string_view word) {
  return log_level_named(word).value_or(LogLevel::info);
}

LogFormat log_format_of(std::string_view word) {
  return word == "json" ? LogFormat::json : LogFormat::text;
}

}  // namespace patchbay
