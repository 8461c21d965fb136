// SPDX-License-Identifier: MIT
#include "codec/sse.h"

#include <array>
#include <cstddef>
#include <utility>

#include "ground/text.h"

namespace patchbay {
namespace {

// A line break between two tokens, and one inside a string, which only some readers take for one
// (Python's splitlines). In valid JSON each stands in its own place only, so replacing bytes is
// safe.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> line_breaks{
    {{"\n", " "},
     {"\r", " "},
     {"\xC2\x85", "\\u0085"},
     {"\xE2\x80\xA8", "\\u2028"},
     {"\xE2\x80\xA9", "\\u2029"}}};

void append_on_one_line(std::string& out, std::string_view json) {
  constexpr std::string_view first_bytes = "\n\r\xC2\xE2";
  std::size_t written = 0;
  for (std::size_t at = json.find_first_of(first_bytes); at != std::string_view::npos;
       at = json.find_first_of(first_bytes, at + 1)) {
    for (const auto& [line_break, instead] : line_breaks) {
      if (!json.substr(at).starts_with(line_break)) continue;
      out.append(json.substr(written, at - written)).append(instead);
      written = at + line_break.size();
    }
  }
  out.append(json.substr(written));
}

}  // namespace

SseEncoder::SseEncoder(const std::optional<std::string>& turn_id) {
  if (turn_id) {
    tail_ = R"(,"turn_id":)";
    append_json_string(tail_, *turn_id);
  }
  tail_ += "}\n\n";
}

void SseEncoder::append_tts(std::string& out, std::string_view text) const {
  out += R"(data: {"type":"response.tts","content":)";
  append_json_string(out, text);
  out += tail_;
}

void SseEncoder::append_data(std::string& out, std::string_view json) const {
  out += R"(data: {"type":"response.data","content":)";
  append_on_one_line(out, json);
  out += tail_;
}

void SseEncoder::append_error(std::string& out, std::string_view message) const {
  out += R"(data: {"type":"response.error","error":)";
  append_json_string(out, message);
  out += tail_;
}

void SseEncoder::append_hangup(std::string& out) const {
  out += R"(data: {"type":"response.hangup")";
  out += tail_;
}

void SseEncoder::append_end(std::string& out) const {
  out += R"(data: {"type":"response.end")";
  out += tail_;
}

}  // namespace patchbay
