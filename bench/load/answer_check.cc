// SPDX-License-Identifier: MIT
#include "answer_check.h"

#include <charconv>
#include <cstdint>

#include "json_object.h"

namespace patchbay::bench {

void AnswerCheck::begin(std::string_view turn_id) {
  turn_id_ = turn_id;
  data_.clear();
  has_data_ = false;
  events_ = said_ = 0;
  ended_ = false;
  stamps_.clear();
}

const char* AnswerCheck::feed(std::string& body) {
  std::size_t begin = 0;
  const char* wrong = nullptr;
  stamps_.clear();
  for (std::size_t end = 0; wrong == nullptr; begin = end + 1) {
    end = body.find('\n', begin);
    if (end == std::string::npos) break;
    const bool has_cr = end > begin && body[end - 1] == '\r';
    wrong = line(std::string_view(body).substr(begin, end - begin - (has_cr ? 1 : 0)));
  }
  body.erase(0, begin);
  return wrong;
}

const char* AnswerCheck::line(std::string_view line) {
  if (line.empty()) {
    if (!has_data_) return nullptr;
    has_data_ = false;
    const char* const wrong = event(data_);
    data_.clear();
    return wrong;
  }
  if (line.starts_with(':')) return nullptr;  // a comment
  if (!line.starts_with("data:")) return "line_unknown";
  line.remove_prefix(line.starts_with("data: ") ? 6 : 5);
  if (has_data_) data_ += '\n';
  data_ += line;
  has_data_ = true;
  return nullptr;
}

const char* AnswerCheck::event(std::string_view data) {
  const auto fields = read_event(data);
  if (!fields || !fields->type) return "event_malformed";
  ++events_;
  if (ended_) return *fields->type == "response.end" ? "ended_twice" : "event_after_end";
  if (!fields->turn_id || *fields->turn_id != turn_id_) return "turn_wrong";
  if (*fields->type == "response.end") {
    ended_ = true;
  } else if (*fields->type == "response.tts") {
    if (!fields->content) return "tts_without_text";
    if (stamped_ && !read_stamp(*fields->content)) return "stamp_malformed";
    ++said_;
  } else if (*fields->type == "response.data") {
    if (!fields->has_content) return "data_without_content";
  } else if (*fields->type != "response.hangup") {
    return "event_unknown";
  }
  return nullptr;
}

// Agents may put a space at its end, where a model's next word would come.
bool AnswerCheck::read_stamp(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  std::int64_t sent = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), sent);
  if (wrong != std::errc() || end != text.data() + text.size() || sent <= 0) return false;
  stamps_.emplace_back(std::chrono::nanoseconds(sent));
  return true;
}

const char* AnswerCheck::finish(std::string_view rest) const {
  if (!rest.empty() || has_data_) return "event_cut";
  if (!ended_) return "no_end";
  if (expected_ && said_ != *expected_) return "words_missing";
  return nullptr;
}

}  // namespace patchbay::bench
