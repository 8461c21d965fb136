// SPDX-License-Identifier: MIT
// One line for each fact, with fixed keys, for a terminal or as JSON. Never a secret; never a
// caller's words above debug; and in what people and agents say no numbers, addresses or keys,
// unless that is wanted. Writing never blocks the caller: where the reader of the log is
// slower than the host, the oldest lines are dropped, and a line says how many.
#pragma once
#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace patchbay {

enum class LogLevel { trace, debug, info, warn, error, off };
enum class LogFormat { text, json };

// By their level.
inline constexpr std::array<std::string_view, 6> log_level_names{"trace", "debug", "info",
                                                                 "warn",  "error", "off"};
std::string_view name_of(LogLevel level);
// Nothing where there is no such level.
std::optional<LogLevel> log_level_named(std::string_view name);

// Words that a caller said or an agent made, and that may hold what must not stand in a log: see
// ground/redaction.
struct Spoken {
  std::string_view words;
};

struct LogField {
  std::string_view key;  // eg: "agent"
  std::variant<std::string_view, Spoken, std::int64_t, double, bool> value;

  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, Spoken v) : key(k), value(v) {}
  LogField(std::string_view k, bool v) : key(k), value(v) {}
  LogField(std::string_view k, double v) : key(k), value(v) {}
  template <std::integral Int>
  LogField(std::string_view k, Int v) : key(k), value(static_cast<std::int64_t>(v)) {}
};
using LogFields = std::initializer_list<LogField>;

class Log {
 public:
  // Lines go to standard error. Text is coloured where that is a terminal. `redact`: what is Spoken
  // stands there redacted.
  Log(LogLevel level, LogFormat format, bool redact = true);
  ~Log();  // writes what is queued
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // `fact` says what happened, in a word or a short sentence, eg: "turn". [any]
  void write(LogLevel level, std::string_view fact, LogFields fields = {});
  void debug(std::string_view fact, LogFields fields = {}) { write(LogLevel::debug, fact, fields); }
  void info(std::string_view fact, LogFields fields = {}) { write(LogLevel::info, fact, fields); }
  void warn(std::string_view fact, LogFields fields = {}) { write(LogLevel::warn, fact, fields); }
  void error(std::string_view fact, LogFields fields = {}) { write(LogLevel::error, fact, fields); }

  [[nodiscard]] bool writes(LogLevel level) const;
  [[nodiscard]] LogLevel level() const;  // [any]
  void set_level(LogLevel level);        // [any]
  // Returns when all before it is written; false after a second of a reader who does not read. Then
  // the writer holds the lock of standard error: only _Exit() ends such a process. [any]
  bool flush();

 private:
  struct Sink;
  std::unique_ptr<Sink> sink_;
};

}  // namespace patchbay
