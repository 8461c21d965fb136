// SPDX-License-Identifier: MIT
#include "cli/pipeline_call.h"

namespace patchbay {
namespace {

std::size_t count_words(std::string_view text) {
  std::size_t words = 0;
  bool in_word = false;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t';
    if (!blank && !in_word) ++words;
    in_word = !blank;
  }
  return words;
}

}  // namespace

PipelineCall::PipelineCall(CallerIds ids, WallTime now) : ids_(std::move(ids)), started_at_(now) {}

// A host tells duplicates by their turn, and a conversation may go on over several calls: so the
// session is part of it.
std::string PipelineCall::next_turn() {
  turn_id_ = "turn_" + ids_.session_id + "_" + std::to_string(++turns_);
  return turn_id_;
}

Asked PipelineCall::start() {
  const std::string turn_id = next_turn();
  return {EventType::session_start, turn_id, "", session_start_body(ids_, turn_id)};
}

Asked PipelineCall::say(std::string_view text, WallTime now) {
  const std::string turn_id = next_turn();
  transcript_.push_back({true, std::string(text), now});
  Asked asked{EventType::message, turn_id, std::string(text),
              message_body(ids_, turn_id, text, interruption_ ? &*interruption_ : nullptr)};
  interruption_.reset();
  return asked;
}

Asked PipelineCall::show(std::string_view json) {
  if (turn_id_.empty()) next_turn();
  return {EventType::data, turn_id_, std::string(json), data_body(ids_, turn_id_, json)};
}

Asked PipelineCall::end(WallTime now) {
  return {EventType::session_end, "", "", session_end_body(ids_, {started_at_, now, transcript_})};
}

void PipelineCall::heard(std::string_view text, bool interrupted, WallTime now) {
  if (!text.empty()) transcript_.push_back({false, std::string(text), now});
  if (!interrupted) return;
  interruption_ = {std::string(text), turn_id_, static_cast<double>(count_words(text))};
}

}  // namespace patchbay
