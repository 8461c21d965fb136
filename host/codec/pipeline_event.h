// SPDX-License-Identifier: MIT
// The bodies of the webhooks that a voice pipeline sends (protocol §1.3, v2 and later): the other
// side of codec/event, for `patchbay call` and for tests. Signs nothing, sends nothing.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "codec/event.h"
#include "ground/clock.h"

namespace patchbay {

// What every event of one call says.
struct CallerIds {
  std::string session_id;       // eg: "sess_71"
  std::string conversation_id;  // eg: "conv_9"
  std::string custom_metadata;  // a JSON object; empty: the field is left out
  std::string from_phone;       // eg: "+15550100001"; empty: no phone call
};

struct Utterance {
  bool by_user = false;
  std::string text;
  WallTime at;
};

struct SessionEnd {
  WallTime started_at;
  WallTime ended_at;
  std::span<const Utterance> transcript;
};

std::string session_start_body(const CallerIds& ids, std::string_view turn_id);
// `interruption` is what was heard of the turn before, where the caller spoke into it; else null.
std::string message_body(const CallerIds& ids, std::string_view turn_id, std::string_view text,
                         const Interruption* interruption);
// `json` must have passed check_json.
std::string data_body(const CallerIds& ids, std::string_view turn_id, std::string_view json);
std::string session_end_body(const CallerIds& ids, const SessionEnd& end);

}  // namespace patchbay
