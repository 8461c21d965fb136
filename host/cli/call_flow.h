// SPDX-License-Identifier: MIT
// One call from its first event to its last, as a voice pipeline makes it: session.start, a message
// for each line that is said, session.end. Reads aloud from top to bottom; what is shown of it, and
// who says the lines, is given.
#pragma once
#include <optional>
#include <string_view>

#include "cli/ask.h"
#include "cli/call_report.h"
#include "cli/ctrl_c.h"
#include "cli/lines.h"
#include "cli/pipeline_call.h"

namespace patchbay {

class CallFlow {
 public:
  struct Options {
    bool start = true;                           // send session.start
    std::optional<Milliseconds> barge_in_after;  // of each message, after its first word
  };

  CallFlow(const Line& line, PipelineCall& call, Lines& lines, CallReport& report, CtrlC& ctrl_c,
           Options options)
      : line_(line),
        call_(call),
        lines_(lines),
        report_(report),
        ctrl_c_(ctrl_c),
        options_(options) {}

  // True where every turn, and session.end, ended properly. Once. [control]
  bool run();

 private:
  void take_line(std::string_view line);
  void take_turn(const Asked& asked, std::optional<Milliseconds> barge_in_after);
  void show_data(std::string_view json);
  void end();
  void blame(const Error& error);

  const Line& line_;
  PipelineCall& call_;
  Lines& lines_;
  CallReport& report_;
  CtrlC& ctrl_c_;
  const Options options_;

  bool over_ = false;
  bool reached_ = false;    // the agent has answered something
  bool cut_short_ = false;  // lines were left unsaid
  int turns_ = 0;
  int failed_ = 0;
};

}  // namespace patchbay
