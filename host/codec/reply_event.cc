// SPDX-License-Identifier: MIT
#include "codec/reply_event.h"

#include <algorithm>
#include <array>
#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "codec/event.h"
#include "codec/json_text.h"
#include "ground/text.h"

namespace patchbay {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<std::string_view, ReplyEventType>, 5> types{
    {{"response.tts", ReplyEventType::tts},
     {"response.data", ReplyEventType::data},
     {"response.end", ReplyEventType::end},
     {"response.error", ReplyEventType::error},
     {"response.hangup", ReplyEventType::hangup}}};

ReplyEventType type_of(std::string_view name) {
  for (const auto& [known, type] : types) {
    if (known == name) return type;
  }
  return ReplyEventType::unknown;
}

std::string beginning_of(std::string_view data) {
  constexpr std::size_t enough = 80;  // bytes
  std::string text;
  append_utf8_repaired(text, data.substr(0, enough));
  return json_string(text) + (data.size() > enough ? "…" : "");
}

std::optional<std::string> string_field(const Json& object, const char* name) {
  const auto field = object.find(name);
  if (field == object.end() || !field->is_string()) return std::nullopt;
  return field->get<std::string>();
}

// A raw line break in valid JSON stands between tokens, where a space means the same.
std::string on_one_line(std::string_view json) {
  std::string line(json);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

Result<ReplyEvent> event_of(const Json& object, std::string_view data) {
  ReplyEvent event;
  event.type_name = string_field(object, "type").value_or("");
  event.type = type_of(event.type_name);
  event.turn_id = string_field(object, "turn_id");
  event.json = on_one_line(data);
  if (event.type == ReplyEventType::tts) {
    std::optional<std::string> words = string_field(object, "content");
    if (!words) {
      return Error{"tts_without_text", "an event response.tts has no text: " + beginning_of(data),
                   "its content must be a string"};
    }
    event.text = *std::move(words);
  } else if (event.type == ReplyEventType::error) {
    event.text = string_field(object, "error").value_or("");
  } else if (event.type == ReplyEventType::data) {
    const auto content = object.find("content");
    event.content = content == object.end() ? "null" : content->dump();
  }
  return event;
}

}  // namespace

Result<ReplyEvent> decode_reply_event(std::string_view data) {
  const Problem bad = check_json(data, max_json_depth);
  if (bad) {
    return Error{"event_not_json",
                 "an event of the stream is not JSON: " + beginning_of(data) + ", " + bad->message,
                 "each event is \"data: \", one JSON object, and a blank line"};
  }
  try {
    const Json object = Json::parse(data);
    if (object.is_object()) return event_of(object, data);
  } catch (const std::exception&) {  // out of memory: falls through to the refusal
  }
  return Error{"event_not_object",
               "an event of the stream is JSON, but no object: " + beginning_of(data),
               R"(as in {"type":"response.tts","content":"Hello.","turn_id":"turn_1"})"};
}

Problem ReplyRules::check(const ReplyEvent& event) {
  if (ended_) {
    return Error{"event_after_end", "an event comes after response.end: " + event.json,
                 "response.end is the last one; a pipeline has stopped listening"};
  }
  ended_ = event.type == ReplyEventType::end;
  if (event.type == ReplyEventType::error) {
    return Error{"response_error", "the agent failed: " + event.text, ""};
  }
  return check_turn_id(event);
}

Problem ReplyRules::check_turn_id(const ReplyEvent& event) {
  if (event.turn_id == turn_id_ || turn_id_blamed_) return std::nullopt;
  turn_id_blamed_ = true;
  const std::string hint = "every event carries the turn_id of its request, here " + turn_id_;
  if (!event.turn_id) {
    return Error{"turn_id_missing", "an event has no turn_id: " + event.json, hint};
  }
  return Error{"turn_id_wrong", "an event has a turn_id of another turn: " + event.json, hint};
}

Problem ReplyRules::finish() const {
  if (ended_) return std::nullopt;
  return Error{"no_response_end", "the stream ended without response.end",
               "a reply ends with one, also where nothing was said"};
}

}  // namespace patchbay
