// SPDX-License-Identifier: MIT
#include "codec/sse_reader.h"

namespace patchbay {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace

Problem SseReader::feed(std::string_view bytes, std::vector<std::string>& events) {
  while (!bytes.empty()) {
    if (after_cr_ && bytes.front() == '\n') bytes.remove_prefix(1);
    after_cr_ = false;
    const std::size_t end = bytes.find_first_of("\r\n");
    line_.append(bytes.substr(0, end));
    if (line_.size() + data_.size() > largest_event) {
      return Error{"sse_event_too_large", "an event of the stream is larger than 16 MiB",
                   "send long text as several response.tts events"};
    }
    if (end == std::string_view::npos) break;
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    end_line(events);
  }
  return std::nullopt;
}

void SseReader::end_line(std::vector<std::string>& events) {
  std::string_view line = line_;
  if (first_line_ && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
  first_line_ = false;
  if (!line.empty()) {
    take_field(line);
  } else if (has_data_) {
    data_.pop_back();  // the last line's '\n'
    events.push_back(std::move(data_));
    data_.clear();
    has_data_ = false;
  }
  line_.clear();
}

void SseReader::take_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (line.substr(0, colon) != "data") return;  // a comment has an empty name
  std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  data_.append(value).append("\n");
  has_data_ = true;
}

}  // namespace patchbay
