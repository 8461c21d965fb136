// SPDX-License-Identifier: MIT
//
// sse.hpp - server-sent events, as models stream them, by the rules of the HTML standard (9.2.6).
// The bytes may be cut anywhere. Needs nothing of the host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vap {

// One event: borrowed until the function that it was given to returns.
struct sse_event {
  std::string_view type;       // "message" where the stream names none
  std::string_view data;       // its data lines, joined by '\n'
  std::string_view id;         // of this event, or of the last that had one
  std::int64_t retry_ms = -1;  // as the stream asked last; -1: it did not
};

class sse_parser {
 public:
  // No event may hold more bytes than this: a stream without an end would fill the memory.
  explicit sse_parser(std::size_t most = std::size_t{1024} * 1024) noexcept : most_(most) {}

  // Calls f(const sse_event&) for each event that these bytes complete. False: an event is too
  // large, and nothing is read any more. What no blank line has ended is no event.
  template <class F>
  bool feed(std::string_view bytes, F&& f) {
    while (!bytes.empty() && !too_large_) {
      if (after_cr_ && bytes.front() == '\n') bytes.remove_prefix(1);
      after_cr_ = false;
      const std::size_t end = bytes.find_first_of("\r\n");
      too_large_ = line_.size() + bytes.substr(0, end).size() + data_.size() > most_;
      if (too_large_) break;
      if (end == std::string_view::npos) {
        line_.append(bytes);
        break;
      }
      after_cr_ = bytes[end] == '\r';
      if (line_.empty()) {
        end_line(bytes.substr(0, end), f);
      } else {
        line_.append(bytes.substr(0, end));
        end_line(line_, f);
        line_.clear();
      }
      bytes.remove_prefix(end + 1);
    }
    return !too_large_;
  }

 private:
  template <class F>
  void end_line(std::string_view line, F& f) {
    const std::string_view byte_order_mark("\xEF\xBB\xBF", 3);
    if (first_line_ && line.substr(0, 3) == byte_order_mark) line.remove_prefix(3);
    first_line_ = false;
    if (!line.empty()) return take_field(line);
    if (has_data_) {
      data_.pop_back();  // the last line's '\n'
      f(sse_event{type_.empty() ? std::string_view("message") : type_, data_, id_, retry_ms_});
    }
    type_.clear();
    data_.clear();
    has_data_ = false;
  }

  void take_field(std::string_view line) {
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);  // of a comment it is empty
    std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
    if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    if (name == "data") {
      data_.append(value).append(1, '\n');
      has_data_ = true;
    } else if (name == "event") {
      type_ = value;
    } else if (name == "id") {
      if (value.find('\0') == std::string_view::npos) id_ = value;
    } else if (name == "retry") {
      take_retry(value);
    }
  }

  void take_retry(std::string_view digits) {
    if (digits.empty() || digits.size() > 12) return;
    std::int64_t ms = 0;
    for (const char c : digits) {
      if (c < '0' || c > '9') return;
      ms = ms * 10 + (c - '0');
    }
    retry_ms_ = ms;
  }

  std::size_t most_;
  std::string line_;  // what has come of it
  std::string type_, data_, id_;
  std::int64_t retry_ms_ = -1;
  bool has_data_ = false;
  bool after_cr_ = false;  // a '\n' that follows belongs to that line end
  bool first_line_ = true;
  bool too_large_ = false;
};

}  // namespace vap
