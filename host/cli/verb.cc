// SPDX-License-Identifier: MIT
#include "cli/verb.h"

#include <fmt/format.h>

#include <cstdio>

#include "ground/text.h"

namespace patchbay {

int fail(const Error& error) {
  fmt::print(stderr, "patchbay: {}\n", error.message);
  if (!error.hint.empty()) fmt::print(stderr, "  {}\n", error.hint);
  return exit_failed;
}

int unknown_verb(std::string_view word, std::span<const std::string_view> verbs) {
  const std::string_view meant = nearest(word, verbs);
  fmt::print(stderr, "patchbay: there is no verb '{}'{}\n  see patchbay --help\n", word,
             meant.empty() ? "" : fmt::format("; did you mean '{}'?", meant));
  return exit_usage;
}

LogLevel log_level_of(std::string_view word) {
  if (word == "trace") return LogLevel::trace;
  if (word == "debug") return LogLevel::debug;
  if (word == "warn") return LogLevel::warn;
  if (word == "error") return LogLevel::error;
  if (word == "off") return LogLevel::off;
  return LogLevel::info;
}

LogFormat log_format_of(std::string_view word) {
  return word == "json" ? LogFormat::json : LogFormat::text;
}

}  // namespace patchbay
