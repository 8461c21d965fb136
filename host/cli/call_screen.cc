// SPDX-License-Identifier: MIT
#include "cli/call_screen.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "ground/text.h"

namespace patchbay {
namespace {

std::string milliseconds(Microseconds time) {
  const double ms = static_cast<double>(time.count()) / 1000;
  return ms < 10 ? fmt::format("{:.1f} ms", ms) : fmt::format("{:.0f} ms", ms);
}

// Line breaks are the agent's to make; all else that a terminal would obey is not.
void append_shown(std::string& out, std::string_view text) {
  for (;;) {
    const std::size_t end = text.find_first_of("\n\t");
    out += printable(text.substr(0, end));
    if (end == std::string_view::npos) return;
    out += text[end] == '\n' ? '\n' : ' ';
    text.remove_prefix(end + 1);
  }
}

}  // namespace

CallScreen::CallScreen(std::string_view agent, bool colour, bool echo)
    : agent_(agent), colour_(colour), echo_(echo) {}

// One write for each piece, so that a word never comes in two halves.
void CallScreen::write(Tone tone, std::string_view text) {
  constexpr std::string_view colours[] = {"", "\x1b[1;36m", "\x1b[32m", "\x1b[2m", "\x1b[31m"};
  line_.clear();
  const bool colour = colour_ && tone != Tone::plain;
  if (colour) line_ += colours[static_cast<std::size_t>(tone)];
  append_shown(line_, text);
  if (colour) {
    // The colour ends before the line does: some terminals paint the rest of the row with it.
    const bool line_break = line_.ends_with('\n');
    if (line_break) line_.pop_back();
    line_ += line_break ? "\x1b[0m\n" : "\x1b[0m";
  }
  std::fwrite(line_.data(), 1, line_.size(), stdout);
  std::fflush(stdout);
}

void CallScreen::write_line(Tone tone, std::string_view text) {
  end_line();
  write(tone, std::string(text) + "\n");
}

void CallScreen::end_line() {
  if (in_line_) write(Tone::plain, "\n");
  in_line_ = false;
}

void CallScreen::say(std::string_view words) {
  if (!in_line_) words.remove_prefix(std::min(words.find_first_not_of(" \n"), words.size()));
  if (words.empty()) return;
  if (!in_line_) write(Tone::agent, agent_ + "> ");
  in_line_ = true;
  write(Tone::plain, words);
}

void CallScreen::call_begins(const Line& line, const CallerIds& ids) {
  write_line(Tone::dim, fmt::format("calling {}   {}", line.url.text(), ids.conversation_id));
}

void CallScreen::turn_begins(const Asked& asked) {
  if (!echo_ || (asked.type != EventType::message && asked.type != EventType::data)) return;
  write(Tone::you, "you> ");
  write(Tone::plain, (asked.type == EventType::data ? "/data " : "") + asked.text + "\n");
}

void CallScreen::hear(const ReplyEvent& event, Microseconds) {
  if (event.type == ReplyEventType::tts) return say(event.text);
  if (event.type == ReplyEventType::data) return write_line(Tone::dim, "  data " + event.content);
  if (event.type == ReplyEventType::hangup) return write_line(Tone::dim, "  the agent hangs up");
  if (event.type == ReplyEventType::unknown) return write_line(Tone::dim, "  event " + event.json);
}

void CallScreen::blame(const Error& error, Microseconds) {
  write_line(Tone::wrong, "  ! " + error.message);
  if (!error.hint.empty()) write_line(Tone::dim, "    " + error.hint);
}

void CallScreen::turn_ends(const Heard& heard) {
  if (heard.interrupted) {
    write(Tone::wrong, in_line_ ? " [interrupted]\n" : "[interrupted]\n");
    in_line_ = false;
  }
  if (heard.first_word) {
    write_line(Tone::dim, fmt::format("  first word {}, all {}", milliseconds(*heard.first_word),
                                      milliseconds(heard.total)));
  } else if (heard.ending == Ending::ended) {
    write_line(Tone::dim, fmt::format("  (says nothing) {}", milliseconds(heard.total)));
  }
}

void CallScreen::data_answered(std::string_view json, Microseconds at) {
  const std::string answer = json.empty() ? "(nothing)" : std::string(json);
  write_line(Tone::dim, fmt::format("  answer {}   {}", answer, milliseconds(at)));
}

void CallScreen::call_ends(int turns, int failed) {
  write_line(Tone::dim, fmt::format("call ended, {} {}{}", turns, turns == 1 ? "turn" : "turns",
                                    failed == 0 ? "" : fmt::format(", {} went wrong", failed)));
}

void CallScreen::note(std::string_view text) {
  write_line(Tone::dim, text);
}

}  // namespace patchbay
