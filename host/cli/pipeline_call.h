// SPDX-License-Identifier: MIT
// What the pipeline remembers of one call: who calls, which turn is next, what was said, and what
// was heard of a turn that the caller spoke into. Makes the events; sends none.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/pipeline_event.h"

namespace patchbay {

// An event that is ready to be signed and sent.
struct Asked {
  EventType type = EventType::unknown;
  std::string turn_id;  // empty: it has none
  std::string text;     // of a message what the caller says, of data its JSON
  std::string body;
};

class PipelineCall {
 public:
  PipelineCall(CallerIds ids, WallTime now);

  Asked start();
  // Carries the interruption, where the turn just before was interrupted.
  Asked say(std::string_view text, WallTime now);
  // Belongs to the turn that was asked last. `json` must have passed check_json.
  Asked show(std::string_view json);
  Asked end(WallTime now);

  // What the agent said in the turn that was asked last, `interrupted` where the caller spoke into
  // it: then it is all that he heard.
  void heard(std::string_view text, bool interrupted, WallTime now);

  [[nodiscard]] const CallerIds& ids() const { return ids_; }

 private:
  std::string next_turn();

  CallerIds ids_;
  WallTime started_at_;
  int turns_ = 0;
  std::string turn_id_;  // the last one; empty: none yet
  std::vector<Utterance> transcript_;
  std::optional<Interruption> interruption_;
};

}  // namespace patchbay
