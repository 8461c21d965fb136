// SPDX-License-Identifier: MIT
// A verified webhook body becomes an Event, whatever dialect (v0 to v4) the pipeline speaks.
// Does not verify, does not decide what to answer.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ground/result.h"

namespace patchbay {

enum class EventType { message, session_start, data, session_update, session_end, unknown };

// The protocol's own word, eg: "session.start"; "unknown" for EventType::unknown.
std::string_view name_of(EventType type);

// What the caller heard of the turn before this one, when he spoke into it.
struct Interruption {
  std::string text_heard;
  std::string assistant_turn_id;  // empty where the pipeline did not say
  std::optional<double> words_heard;
};

struct Event {
  EventType type = EventType::unknown;
  std::string type_name;        // as the agent sees it, eg: "message" (also for v0's "MESSAGE")
  std::string session_id;       // one connection of a caller; changes when he reconnects
  std::string conversation_id;  // the key of memory; the session's id where the dialect has none;
                                // empty where the body has no id at all: a conversation of its own
  std::optional<std::string> turn_id;
  std::string text;  // what the caller said; empty where none
  std::optional<Interruption> interruption;
  std::string language;  // of custom_metadata, else of metadata, eg: "de-AT"; empty where none
};

// What a conversation is known by in all of the host: agents do not see each other's, though the
// ids be the same. eg: "bakery\nconv_9"
std::string conversation_name(std::string_view agent, std::string_view conversation_id);
// Agent and id of such a name, parts of it; one of another form is an agent without an id.
std::pair<std::string_view, std::string_view> parts_of_conversation_name(std::string_view name);

// The longest id that a body may bring, in bytes. Ids are kept for days, under no budget of their
// own, and are typed by people who look for a conversation.
inline constexpr std::size_t longest_id = 1024;

// JSON nested deeper than this is refused: no pipeline sends it, and a parser must not recurse on
// it.
inline constexpr std::size_t max_json_depth = 64;

// A body that is no JSON object, has no string `type`, is not UTF-8 or nests too deep is an Error
// (body_not_json, body_not_object, type_missing, body_not_utf8, body_too_deep) whose message quotes
// nothing of it; so is an id with a control character in it, or a longer one than longest_id
// (id_invalid). Unknown types, unknown fields and fields of a wrong type are not: a wrong type
// reads as absent. Of two fields of one name the last counts, as in JavaScript. Half a surrogate
// pair, which JavaScript writes where it cuts a text inside an emoji, becomes U+FFFD.  [any]
Result<Event> decode_event(std::string_view body);

}  // namespace patchbay
