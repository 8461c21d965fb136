// SPDX-License-Identifier: MIT
#include "cli/call_flow.h"

#include <algorithm>
#include <string>

#include "codec/json_text.h"
#include "ground/clock.h"

namespace patchbay {
namespace {

constexpr Milliseconds patience_at_end{5'000};  // for the answer to session.end

constexpr std::string_view help =
    "  Type what the caller says. Ctrl-C while the agent speaks interrupts it;\n"
    "  Ctrl-C or Ctrl-D at the prompt ends the call.\n"
    "  /data JSON   send a data event, as the app's page does, and show the answer\n"
    "  /quit        end the call";

// The word a command begins with, and the rest.
std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  while (line.starts_with(' ')) line.remove_prefix(1);
  return word;
}

// In valid JSON a line break stands between tokens only.
std::string on_one_line(std::string json) {
  for (char& c : json) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return json;
}

}  // namespace

bool CallFlow::run() {
  report_.call_begins(line_, call_.ids());
  if (options_.start) take_turn(call_.start(), std::nullopt);
  while (!over_) {
    const std::optional<std::string> line = lines_.next();
    if (!line) break;
    take_line(*line);
  }
  const bool pressed = ctrl_c_.take();
  if ((pressed && !lines_.typed()) || ctrl_c_.must_end()) cut_short_ = true;
  end();
  report_.call_ends(turns_, failed_);
  return failed_ == 0 && !cut_short_;
}

void CallFlow::take_line(std::string_view line) {
  if (line.find_first_not_of(" \t") == std::string_view::npos) return;
  if (!line.starts_with('/'))
    return take_turn(call_.say(line, wall_now()), options_.barge_in_after);
  const std::string_view command = take_word(line);
  if (command == "/quit") {
    over_ = true;
  } else if (command == "/help") {
    report_.note(help);
  } else if (command == "/data") {
    show_data(line);
  } else {
    blame({"unknown_command", "there is no command " + std::string(command), "try /help"});
  }
}

void CallFlow::take_turn(const Asked& asked, std::optional<Milliseconds> barge_in_after) {
  report_.turn_begins(asked);
  const Heard heard = ask(line_, asked, report_, ctrl_c_.interrupt(), barge_in_after);
  const bool pressed = ctrl_c_.take();  // also where it came too late to interrupt
  report_.turn_ends(heard);
  call_.heard(heard.text, heard.interrupted, wall_now());

  const bool refused = heard.ending == Ending::refused;
  ++turns_;
  if (refused || heard.ending == Ending::failed) ++failed_;
  const bool first_try = !reached_;
  reached_ = reached_ || !refused;
  if (heard.hung_up || ctrl_c_.must_end()) over_ = true;
  // A person may mend the host and go on; a script, or who never got through, may not.
  if (refused && (first_try || !lines_.typed())) over_ = true;
  if (pressed && !lines_.typed()) over_ = cut_short_ = true;
}

void CallFlow::show_data(std::string_view json) {
  if (const Problem wrong = check_json(json, max_json_depth)) {
    return blame({wrong->code, "/data wants JSON: " + wrong->message, R"(as in /data {"slot":3})"});
  }
  const Asked asked = call_.show(json);
  report_.turn_begins(asked);
  const Moment begin = Clock::now();
  const Result<std::string> answer = tell(line_, asked, ctrl_c_.interrupt());
  const auto at = std::chrono::duration_cast<Microseconds>(Clock::now() - begin);
  const bool pressed = ctrl_c_.take();
  if (ctrl_c_.must_end() || (pressed && !lines_.typed())) over_ = cut_short_ = true;
  if (!answer && answer.error().code == "interrupted") {
    report_.note("[interrupted]");
  } else if (!answer) {
    ++failed_;
    report_.blame(answer.error(), at);
  } else if (answer->empty()) {
    report_.data_answered("", at);
  } else if (const Problem wrong = check_json(*answer, max_json_depth)) {
    ++failed_;
    report_.blame({"answer_not_json", "the answer to data is not JSON: " + wrong->message,
                   "it goes to the app's page as response.data"},
                  at);
  } else {
    report_.data_answered(on_one_line(*answer), at);
  }
}

// Nobody is told of the end who never heard of the call.
void CallFlow::end() {
  if (turns_ > 0 && !reached_) return;
  const Asked asked = call_.end(wall_now());
  report_.turn_begins(asked);
  Line line = line_;
  line.patience = std::min(line.patience, patience_at_end);
  const Moment begin = Clock::now();
  const Result<std::string> answer = tell(line, asked, ctrl_c_.interrupt());
  if (answer) return;
  ++failed_;
  Error error = answer.error();
  error.message = "session.end: " + error.message;
  report_.blame(error, std::chrono::duration_cast<Microseconds>(Clock::now() - begin));
}

// A mistake in what is typed is seen and mended; in a script it must not pass.
void CallFlow::blame(const Error& error) {
  if (!lines_.typed()) ++failed_;
  report_.blame(error, Microseconds{0});
}

}  // namespace patchbay
