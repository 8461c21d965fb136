// SPDX-License-Identifier: MIT
#include "answer_reader.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace patchbay::bench {
namespace {

constexpr std::size_t largest_line = 16 * 1024;  // bytes; the head counts as one

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <class Number>
bool read_number(std::string_view text, Number& out, int base) {
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return wrong == std::errc() && end == text.data() + text.size() && !text.empty();
}

}  // namespace

void AnswerReader::begin() {
  at_ = At::head;
  line_.clear();
  status_ = 0;
  keeps_open_ = true;
  is_event_stream_ = is_chunked_ = has_length_ = false;
  left_ = 0;
}

bool AnswerReader::feed(std::string_view bytes, std::string& body) {
  while (!bytes.empty()) {
    switch (at_) {
      case At::head: {
        const std::size_t before = line_.size();
        line_.append(bytes);
        const std::size_t end = line_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
        if (end == std::string::npos) return line_.size() <= largest_line;
        bytes.remove_prefix(end + 4 - before);
        line_.resize(end + 2);
        if (!read_head()) return false;
        line_.clear();
        break;
      }
      case At::body:
      case At::data: {
        const std::size_t some = std::min(left_, bytes.size());
        body.append(bytes.substr(0, some));
        bytes.remove_prefix(some);
        left_ -= some;
        if (left_ == 0) at_ = at_ == At::body ? At::end : At::data_end;
        break;
      }
      case At::until_close:
        body.append(bytes);
        return true;
      case At::size:
        if (take_line(bytes) && !read_size()) return false;
        break;
      case At::data_end:
        if (!take_line(bytes)) break;
        if (!line_.empty()) return false;
        at_ = At::size;
        break;
      case At::trailer:
        if (!take_line(bytes)) break;
        if (line_.empty()) at_ = At::end;
        line_.clear();
        break;
      case At::end:
        return false;  // nothing was asked that this could answer
    }
    if (line_.size() > largest_line) return false;
  }
  return true;
}

bool AnswerReader::finish() {
  if (at_ == At::until_close) at_ = At::end;
  return done();
}

bool AnswerReader::take_line(std::string_view& bytes) {
  const std::size_t end = bytes.find('\n');
  line_.append(bytes.substr(0, end));
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  if (end == std::string_view::npos) return false;
  if (line_.empty() || line_.back() != '\r') {
    line_ = "no line of HTTP";  // neither a size nor an empty line: refused by whoever reads it
    return true;
  }
  line_.pop_back();
  return true;
}

bool AnswerReader::read_size() {
  const std::string_view size = std::string_view(line_).substr(0, line_.find(';'));
  if (!read_number(size, left_, 16)) return false;
  at_ = left_ == 0 ? At::trailer : At::data;
  line_.clear();
  return true;
}

bool AnswerReader::read_head() {
  std::string_view rest = line_;
  const auto next_line = [&rest] {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    return line;
  };
  const std::string_view first = next_line();
  if (!first.starts_with("HTTP/1.1 ") || first.size() < 12) return false;
  if (!read_number(first.substr(9, 3), status_, 10) || status_ < 200) return false;
  while (!rest.empty()) {
    if (!read_header(next_line())) return false;
  }
  if (is_chunked_ && has_length_) return false;
  at_ = is_chunked_ ? At::size : !has_length_ ? At::until_close : left_ > 0 ? At::body : At::end;
  if (at_ == At::until_close) keeps_open_ = false;
  return true;
}

bool AnswerReader::read_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (same_name(name, "content-length")) {
    if (has_length_) return false;
    has_length_ = true;
    return read_number(value, left_, 10);
  }
  if (same_name(name, "transfer-encoding")) return is_chunked_ = same_name(value, "chunked");
  if (same_name(name, "connection") && same_name(value, "close")) keeps_open_ = false;
  if (same_name(name, "content-type"))
    is_event_stream_ = same_name(trimmed(value.substr(0, value.find(';'))), "text/event-stream");
  return true;
}

}  // namespace patchbay::bench
