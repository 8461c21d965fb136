// SPDX-License-Identifier: MIT
#include "codec/pipeline_event.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "ground/text.h"

namespace patchbay {
namespace {

void append_field(std::string& out, std::string_view name, std::string_view text) {
  out.append(",\"").append(name).append("\":");
  append_json_string(out, text);
}

std::string begin_body(std::string_view type, const CallerIds& ids) {
  std::string out = R"({"type":)";
  append_json_string(out, type);
  append_field(out, "session_id", ids.session_id);
  append_field(out, "conversation_id", ids.conversation_id);
  if (!ids.custom_metadata.empty())
    out.append(R"(,"custom_metadata":)").append(ids.custom_metadata);
  if (!ids.from_phone.empty()) append_field(out, "from_phone_number", ids.from_phone);
  return out;
}

void append_interruption(std::string& out, const Interruption& interruption) {
  out += R"(,"interruption_context":{"previous_turn_interrupted":true)";
  if (interruption.words_heard)
    out += fmt::format(",\"words_heard\":{}", *interruption.words_heard);
  append_field(out, "text_heard", interruption.text_heard);
  if (!interruption.assistant_turn_id.empty()) {
    append_field(out, "assistant_turn_id", interruption.assistant_turn_id);
  }
  out += '}';
}

// As JavaScript's toISOString writes it, eg: "2026-02-01T10:00:00.000Z".
std::string iso_time(WallTime at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (at - seconds).count());
}

}  // namespace

std::string session_start_body(const CallerIds& ids, std::string_view turn_id) {
  std::string out = begin_body("session.start", ids);
  append_field(out, "turn_id", turn_id);
  return out + '}';
}

std::string message_body(const CallerIds& ids, std::string_view turn_id, std::string_view text,
                         const Interruption* interruption) {
  std::string out = begin_body("message", ids);
  append_field(out, "turn_id", turn_id);
  append_field(out, "text", text);
  if (interruption != nullptr) append_interruption(out, *interruption);
  return out + '}';
}

std::string data_body(const CallerIds& ids, std::string_view turn_id, std::string_view json) {
  std::string out = begin_body("data", ids);
  append_field(out, "turn_id", turn_id);
  out.append(R"(,"data":)").append(json);
  return out + '}';
}

std::string session_end_body(const CallerIds& ids, const SessionEnd& end) {
  std::string out = begin_body("session.end", ids);
  append_field(out, "agent_id", "patchbay-call");
  append_field(out, "started_at", iso_time(end.started_at));
  append_field(out, "ended_at", iso_time(end.ended_at));
  out += fmt::format(
      R"(,"duration":{},"transcription_duration_seconds":null,"tts_duration_seconds":null,)"
      R"("latency":null,"ip_address":null,"country_code":null,"recording_status":"disabled",)"
      R"("transcript":[)",
      (end.ended_at - end.started_at).count());
  for (const Utterance& utterance : end.transcript) {
    if (out.back() != '[') out += ',';
    out += utterance.by_user ? R"({"role":"user")" : R"({"role":"assistant")";
    append_field(out, "text", utterance.text);
    out += fmt::format(",\"timestamp\":{}}}", utterance.at.time_since_epoch().count());
  }
  return out + "]}";
}

}  // namespace patchbay
