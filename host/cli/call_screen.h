// SPDX-License-Identifier: MIT
// A call as a person reads it: words as they come, everything else dimmed, what is wrong in red.
// Nothing that the agent says can command the terminal.
#pragma once
#include <string>
#include <string_view>

#include "cli/call_report.h"

namespace patchbay {

class CallScreen : public CallReport {
 public:
  // `echo`: show what the caller says, too, as nobody types it here.
  CallScreen(std::string_view agent, bool colour, bool echo);

  void call_begins(const Line& line, const CallerIds& ids) override;
  void turn_begins(const Asked& asked) override;
  void hear(const ReplyEvent& event, Microseconds at) override;
  void blame(const Error& error, Microseconds at) override;
  void turn_ends(const Heard& heard) override;
  void data_answered(std::string_view json, Microseconds at) override;
  void call_ends(int turns, int failed) override;
  void note(std::string_view text) override;

 private:
  enum class Tone { plain, agent, you, dim, wrong };

  void write(Tone tone, std::string_view text);
  void write_line(Tone tone, std::string_view text);
  void say(std::string_view words);
  void end_line();

  std::string agent_;
  bool colour_;
  bool echo_;
  bool in_line_ = false;  // words stand there, and more may follow
  std::string line_;      // reused for each write
};

}  // namespace patchbay
