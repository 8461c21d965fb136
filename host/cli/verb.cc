// SPDX-License-Identifier: MIT
#include "cli/verb.h"

#include <fmt/format.h>

#include <cstdio>

namespace patchbay {

int fail(const Error& error) {
  fmt::print(stderr, "patchbay: {}\n", error.message);
  if (!error.hint.empty()) fmt::print(stderr, "  {}\n", error.hint);
  return exit_failed;
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
