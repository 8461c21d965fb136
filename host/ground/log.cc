// SPDX-License-Identifier: MIT
#include "ground/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "ground/clock.h"
#include "ground/redaction.h"
#include "ground/text.h"

namespace patchbay {
namespace {

constexpr std::size_t queue_lines =
    8192;  // lines kept for a slow reader before the oldest are dropped
constexpr std::chrono::milliseconds gather_time{2};  // see FarEnd::gather()
// How long flush() waits for a reader who may never read again.
constexpr std::chrono::seconds flush_patience{1};

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::trace:
      return spdlog::level::trace;
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      break;
  }
  return spdlog::level::off;
}

struct Form {
  LogFormat format;
  bool redact;  // what was spoken
};

// The text that stands in the log for a field; nothing where it is no text. `made` holds what is
// not there already.
std::optional<std::string_view> text_in(const LogField& field, bool redact, std::string& made) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) return *text;
  const auto* spoken = std::get_if<Spoken>(&field.value);
  if (spoken == nullptr) return std::nullopt;
  if (!redact) return spoken->words;
  made = redacted(spoken->words);
  return made;
}

void append_number(std::string& out, const LogField& field) {
  if (const auto* whole = std::get_if<std::int64_t>(&field.value)) {
    fmt::format_to(std::back_inserter(out), "{}", *whole);
  } else if (const auto* number = std::get_if<double>(&field.value)) {
    fmt::format_to(std::back_inserter(out), "{:.3f}", *number);
  } else {
    out += std::get<bool>(field.value) ? "true" : "false";
  }
}

// A value stands bare where no reader could misread it, else as a JSON string: a line break or a
// quote in a plugin's text can never forge a second line.
bool stands_bare(std::string_view text) {
  return !text.empty() && text.find_first_not_of(
                              "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "0123456789_-+.:/@*") == std::string_view::npos;
}

// What is not known is left out, rather than said to be "".
std::string text_line(std::string_view fact, LogFields fields, bool redact) {
  std::string line(fact);
  for (const LogField& field : fields) {
    std::string made;
    const auto text = text_in(field, redact, made);
    if (text && text->empty()) continue;
    line += ' ';
    line += field.key;
    line += '=';
    if (!text) {
      append_number(line, field);
    } else if (stands_bare(*text)) {
      line += *text;
    } else {
      append_json_string(line, *text);
    }
  }
  return line;
}

std::string json_line(LogLevel level, std::string_view fact, LogFields fields, bool redact) {
  const WallTime now = wall_now();
  const auto millis = now.time_since_epoch().count() % 1000;
  std::string line =
      fmt::format(R"({{"time":"{:%Y-%m-%dT%H:%M:%S}.{:03}Z","level":"{}","fact":)",
                  fmt::gmtime(std::chrono::system_clock::to_time_t(now)), millis, name_of(level));
  append_json_string(line, fact);
  for (const LogField& field : fields) {
    std::string made;
    const auto text = text_in(field, redact, made);
    if (text && text->empty()) continue;
    line += ',';
    append_json_string(line, field.key);
    line += ':';
    text ? append_json_string(line, *text) : append_number(line, field);
  }
  line += '}';
  return line;
}

// Prints our own word for the level: the same in text as in JSON and in the configuration.
class LevelWord final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& line, const std::tm&,
              spdlog::memory_buf_t& out) override {
    fmt::format_to(std::back_inserter(out), "{:<5}", name_of(static_cast<LogLevel>(line.level)));
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<LevelWord>();
  }
};

std::shared_ptr<spdlog::sinks::sink> standard_error(LogFormat format) {
  if (format == LogFormat::json) {
    auto plain = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    plain->set_pattern("%v");
    return plain;
  }
  auto coloured = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  auto pattern = std::make_unique<spdlog::pattern_formatter>();
  pattern->add_flag<LevelWord>('*').set_pattern("%H:%M:%S.%e %^%*%$ %v");
  coloured->set_formatter(std::move(pattern));
  return coloured;
}

std::string line_of(Form form, LogLevel level, std::string_view fact, LogFields fields) {
  return form.format == LogFormat::json ? json_line(level, fact, fields, form.redact)
                                        : text_line(fact, fields, form.redact);
}

// The far end of the queue, on the writer's thread: says so where lines were dropped on the way,
// and tells whoever flushes that all before it is written.
class FarEnd final : public spdlog::sinks::sink {
 public:
  FarEnd(LogFormat format, std::weak_ptr<spdlog::details::thread_pool> queue)
      : format_(format), queue_(std::move(queue)), out_(standard_error(format)) {}

  void log(const spdlog::details::log_msg& line) override {
    tell_of_dropped();
    out_->log(line);
    gather();
  }
  void flush() override {
    tell_of_dropped();
    out_->flush();
    // Told under the lock: who waits may destroy this as soon as the lock is free.
    const std::lock_guard lock(mutex_);
    ++flushed_;
    written_.notify_all();
  }
  void set_pattern(const std::string& pattern) override { out_->set_pattern(pattern); }
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override {
    out_->set_formatter(std::move(formatter));
  }

  // For whoever flushes: takes a number, posts its flush, waits for it.
  std::uint64_t take_number() { return ++numbers_; }
  bool wait_for(std::uint64_t number) {  // false where the reader does not read
    std::unique_lock lock(mutex_);
    return written_.wait_for(lock, flush_patience, [&] { return flushed_ >= number; });
  }

 private:
  // Whoever logs wakes a writer that waits: he lets what follows gather first.
  void gather() const {
    const auto queue = queue_.lock();
    if (queue && queue->queue_size() == 0) std::this_thread::sleep_for(gather_time);
  }

  void tell_of_dropped() {
    const auto queue = queue_.lock();
    if (!queue) return;
    const std::size_t dropped = queue->overrun_counter();
    if (dropped <= told_) return;
    const std::string line = line_of({format_, true}, LogLevel::warn, "log lines dropped",
                                     {{"lines", dropped - std::exchange(told_, dropped)},
                                      {"why", "whoever reads the log is too slow"}});
    out_->log({spdlog::source_loc{}, "patchbay", spdlog::level::warn, line});
  }

  const LogFormat format_;
  const std::weak_ptr<spdlog::details::thread_pool> queue_;
  const std::shared_ptr<spdlog::sinks::sink> out_;
  std::size_t told_ = 0;  // on the writer's thread only
  std::atomic<std::uint64_t> numbers_ = 0;
  std::mutex mutex_;  // guards flushed_
  std::condition_variable written_;
  std::uint64_t flushed_ = 0;
};

}  // namespace

std::string_view name_of(LogLevel level) {
  return log_level_names[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> log_level_named(std::string_view name) {
  const auto found = std::find(log_level_names.begin(), log_level_names.end(), name);
  if (found == log_level_names.end()) return std::nullopt;
  return static_cast<LogLevel>(found - log_level_names.begin());
}

struct Log::Sink {
  Sink(LogFormat wanted, bool wants_redaction)
      : form{wanted, wants_redaction},
        writer(std::make_shared<spdlog::details::thread_pool>(queue_lines, 1)),
        far_end(std::make_shared<FarEnd>(wanted, writer)),
        logger(std::make_shared<spdlog::async_logger>(
            "patchbay", far_end, writer, spdlog::async_overflow_policy::overrun_oldest)) {}
  const Form form;
  const std::shared_ptr<spdlog::details::thread_pool>
      writer;  // one thread: the only one that may block
  const std::shared_ptr<FarEnd> far_end;
  const std::shared_ptr<spdlog::async_logger> logger;

  [[nodiscard]] bool flush() const {
    const std::uint64_t number = far_end->take_number();
    logger->flush();
    return far_end->wait_for(number);
  }
};

Log::Log(LogLevel level, LogFormat format, bool redact)
    : sink_(std::make_unique<Sink>(format, redact)) {
  set_level(level);
}

// Where nobody reads, the writer is left as it is: to wait for it would be to wait for ever, and a
// host that was told to end must end.
Log::~Log() {
  if (!sink_->flush()) static_cast<void>(sink_.release());
}

void Log::write(LogLevel level, std::string_view fact, LogFields fields) {
  if (!writes(level)) return;
  sink_->logger->log(spdlog_level(level), line_of(sink_->form, level, fact, fields));
}

bool Log::writes(LogLevel level) const {
  return sink_->logger->should_log(spdlog_level(level));
}

LogLevel Log::level() const {
  LogLevel level = LogLevel::trace;
  while (level != LogLevel::off && !writes(level)) {
    level = static_cast<LogLevel>(static_cast<int>(level) + 1);
  }
  return level;
}

void Log::set_level(LogLevel level) {
  sink_->logger->set_level(spdlog_level(level));
}

bool Log::flush() {
  return sink_->flush();
}

}  // namespace patchbay
