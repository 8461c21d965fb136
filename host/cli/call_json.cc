// SPDX-License-Identifier: MIT
#include "cli/call_json.h"

#include <fmt/format.h>

#include <cstdio>
#include <optional>

#include "ground/text.h"

namespace patchbay {
namespace {

// One object, written when it goes.
class JsonLine {
 public:
  explicit JsonLine(std::string_view kind) { text("kind", kind); }
  ~JsonLine() {
    line_ += "}\n";
    std::fwrite(line_.data(), 1, line_.size(), stdout);
    std::fflush(stdout);
  }
  JsonLine(const JsonLine&) = delete;
  JsonLine& operator=(const JsonLine&) = delete;

  JsonLine& text(std::string_view key, std::string_view value) {
    append_json_string(begin(key), value);
    return *this;
  }
  // `json` stands there as it is.
  JsonLine& json(std::string_view key, std::string_view json) {
    begin(key) += json;
    return *this;
  }
  JsonLine& time(std::string_view key, std::optional<Microseconds> time) {
    if (!time) return json(key, "null");
    return json(key, fmt::format("{:.3f}", static_cast<double>(time->count()) / 1000));
  }
  // null where it is empty.
  JsonLine& id(std::string_view key, std::string_view id) {
    return id.empty() ? json(key, "null") : text(key, id);
  }

 private:
  std::string& begin(std::string_view key) {
    line_ += line_.empty() ? '{' : ',';
    append_json_string(line_, key);
    return line_ += ':';
  }

  std::string line_;
};

}  // namespace

void CallJson::call_begins(const Line& line, const CallerIds& ids) {
  JsonLine("call")
      .text("url", line.url.text())
      .text("conversation_id", ids.conversation_id)
      .text("session_id", ids.session_id);
}

void CallJson::turn_begins(const Asked& asked) {
  turn_id_ = asked.turn_id;
  JsonLine line("turn");
  line.text("type", name_of(asked.type)).id("turn_id", turn_id_);
  if (asked.type == EventType::message) line.text("text", asked.text);
  if (asked.type == EventType::data) line.json("data", asked.text);
}

void CallJson::hear(const ReplyEvent& event, Microseconds at) {
  JsonLine("event").id("turn_id", turn_id_).time("ms", at).json("event", event.json);
}

void CallJson::blame(const Error& error, Microseconds at) {
  JsonLine("error")
      .id("turn_id", turn_id_)
      .time("ms", at)
      .text("code", error.code)
      .text("message", error.message)
      .text("hint", error.hint);
}

void CallJson::turn_ends(const Heard& heard) {
  JsonLine("turn_end")
      .id("turn_id", turn_id_)
      .text("outcome", name_of(heard.ending))
      .json("interrupted", heard.interrupted ? "true" : "false")
      .time("first_word_ms", heard.first_word)
      .time("total_ms", heard.total)
      .text("text", heard.text);
}

void CallJson::data_answered(std::string_view json, Microseconds at) {
  JsonLine("data_answer")
      .id("turn_id", turn_id_)
      .time("ms", at)
      .json("answer", json.empty() ? "null" : json);
}

void CallJson::call_ends(int turns, int failed) {
  JsonLine("call_end")
      .json("turns", fmt::format("{}", turns))
      .json("failed", fmt::format("{}", failed));
}

void CallJson::note(std::string_view) {}

}  // namespace patchbay
