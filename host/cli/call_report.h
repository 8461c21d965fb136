// SPDX-License-Identifier: MIT
// What a call tells whoever made it, while it goes on: shown to a person, or written for a script.
#pragma once
#include <string_view>

#include "cli/ask.h"
#include "cli/pipeline_call.h"

namespace patchbay {

// Turns and events are of the turn that began last.
class CallReport : public ReplyListener {
 public:
  ~CallReport() override;
  virtual void call_begins(const Line& line, const CallerIds& ids) = 0;
  virtual void turn_begins(const Asked& asked) = 0;
  virtual void turn_ends(const Heard& heard) = 0;
  // The agent's answer to a data event; `json` has passed check_json, or is empty where it sent
  // nothing.
  virtual void data_answered(std::string_view json, Microseconds at) = 0;
  // `failed` of `turns` did not end properly, or other events were refused.
  virtual void call_ends(int turns, int failed) = 0;
  // For a person: help, why the call ends.
  virtual void note(std::string_view text) = 0;
};

}  // namespace patchbay
