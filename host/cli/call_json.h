// SPDX-License-Identifier: MIT
// A call as a script reads it: one JSON object on each line of standard output, each with a "kind":
// call, turn, event, error, data_answer, turn_end, call_end. Times are milliseconds since the event
// was sent.
#pragma once
#include <string>
#include <string_view>

#include "cli/call_report.h"

namespace patchbay {

class CallJson : public CallReport {
 public:
  void call_begins(const Line& line, const CallerIds& ids) override;
  void turn_begins(const Asked& asked) override;
  void hear(const ReplyEvent& event, Microseconds at) override;
  void blame(const Error& error, Microseconds at) override;
  void turn_ends(const Heard& heard) override;
  void data_answered(std::string_view json, Microseconds at) override;
  void call_ends(int turns, int failed) override;
  void note(std::string_view text) override;

 private:
  std::string turn_id_;  // of the turn that began last; empty: session.end's
};

}  // namespace patchbay
