// SPDX-License-Identifier: MIT
// One event of a reply, as a voice pipeline reads it, and the rules that a whole reply keeps
// (protocol §2.1, 2.3). The other side of codec/sse: for `patchbay call` and for tests.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "ground/result.h"

namespace patchbay {

enum class ReplyEventType { tts, data, end, error, hangup, unknown };

struct ReplyEvent {
  ReplyEventType type = ReplyEventType::unknown;
  std::string type_name;               // eg: "response.tts"; empty where the event has none
  std::string text;                    // of a tts its words, of an error its message
  std::string content;                 // of a data event: JSON, on one line
  std::optional<std::string> turn_id;  // absent also where it is no string
  std::string json;                    // the whole event, on one line
};

// `data` is that of one SSE event. The Error (event_not_json, event_not_object, tts_without_text)
// quotes the beginning of it: whoever wrote the agent is the one who reads it.
Result<ReplyEvent> decode_reply_event(std::string_view data);

// Judges the events of one reply in their order. What it finds wrong does not stop a reply: a
// pipeline has to be tolerant, the author wants to know.
class ReplyRules {
 public:
  explicit ReplyRules(std::string turn_id) : turn_id_(std::move(turn_id)) {}

  // event_after_end, turn_id_missing, turn_id_wrong (once a reply), response_error.
  [[nodiscard]] Problem check(const ReplyEvent& event);
  // The stream is over: no_response_end.
  [[nodiscard]] Problem finish() const;
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  [[nodiscard]] Problem check_turn_id(const ReplyEvent& event);

  std::string turn_id_;
  bool ended_ = false;
  bool turn_id_blamed_ = false;
};

}  // namespace patchbay
