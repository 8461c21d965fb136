// SPDX-License-Identifier: MIT
#include "cli/talk_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "ground/clock.h"
#include "ground/text.h"

namespace patchbay {
namespace {

std::string when(std::int64_t unix_ms, bool with_day) {
  const std::chrono::sys_seconds time(std::chrono::floor<Seconds>(Milliseconds(unix_ms)));
  return with_day ? fmt::format("{:%Y-%m-%d %H:%M:%S}", time) : fmt::format("{:%H:%M:%S}", time);
}

std::string counted(std::size_t number, std::string_view what) {
  if (number == 0) return fmt::format("no {}s", what);
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

// Line breaks that somebody spoke are blanks, and those at an end nobody sees.
std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  return printable(text.substr(begin, text.find_last_not_of(' ') + 1 - begin));
}

// How it ended; empty where that is as it should be. A caller who was gone, and then told how much
// he had heard, had only spoken: so do pipelines that close the stream first.
std::string mark_of(const ToldTurn& turn) {
  if (turn.ended_ms == 0) return "no end";
  if (turn.outcome == "answered") return turn.interrupted ? "interrupted" : "";
  if (turn.outcome == "caller_gone") return turn.heard ? "interrupted" : "the caller was gone";
  return printable(turn.outcome);
}

std::string heard_of(const ToldTurn& turn) {
  if (!turn.heard) return "how much was heard is not known";
  if (turn.heard->empty()) return "nothing was heard";
  return *turn.heard == turn.sent ? "all of it was heard" : "heard: " + one_line(*turn.heard);
}

void add_turn(std::vector<std::string>& lines, const ToldTurn& turn) {
  if (turn.caller.empty()) {
    lines.push_back(fmt::format("{}  ({})", when(turn.begun_ms, false), printable(turn.type)));
  } else {
    lines.push_back(
        fmt::format("{}  caller  {}", when(turn.begun_ms, false), one_line(turn.caller)));
  }
  for (const ToldPiece& piece : turn.said) {
    lines.push_back(fmt::format("{}  {}  {}", when(piece.at_ms, false),
                                piece.by_host ? "host  " : "agent ", one_line(piece.text)));
  }
  const std::string mark = mark_of(turn);
  if (mark.empty()) return;
  const bool was_cut = turn.interrupted && !turn.sent.empty();
  lines.push_back(
      fmt::format("          [{}{}{}]", mark, was_cut ? "; " : "", was_cut ? heard_of(turn) : ""));
}

}  // namespace

std::vector<std::string> talk_table(const TalkList& list) {
  std::size_t widest = std::string_view("AGENT").size();
  for (const TalkList::Entry& entry : list.conversations)
    widest = std::max(widest, printable(entry.agent).size());
  std::vector<std::string> lines{
      fmt::format("{:19}  {:{}}  {}", "LAST CHANGE (UTC)", "AGENT", widest, "CONVERSATION")};
  for (const TalkList::Entry& entry : list.conversations) {
    lines.push_back(fmt::format("{}  {:{}}  {}", when(entry.last_write_ms, true),
                                printable(entry.agent), widest, printable(entry.conversation)));
  }
  return lines;
}

std::vector<std::string> talk_lines(const Talk& talk) {
  std::vector<std::string> lines;
  std::string title = fmt::format("{}/{}, {}", printable(talk.agent), printable(talk.conversation),
                                  counted(talk.turns.size(), "turn"));
  if (!talk.turns.empty()) {
    title += fmt::format(", since {} UTC", when(talk.turns.front().begun_ms, true));
    const std::string& version = talk.turns.back().agent_version;
    if (!version.empty()) title += fmt::format(", version {}", printable(version));
  }
  lines.push_back(std::move(title));
  for (const ToldTurn& turn : talk.turns) add_turn(lines, turn);
  if (talk.unreadable > 0) {
    lines.push_back(fmt::format("{} more cannot be read: damaged, or written by a newer host",
                                talk.unreadable));
  }
  if (!talk.state.empty()) {
    lines.push_back(printable(fmt::format("the agent remembers: {}", fmt::join(talk.state, ", "))));
  }
  for (const Talk::Step& step : talk.journal) {
    lines.push_back(fmt::format("step {}: {}", printable(step.key),
                                step.done ? "done" : "begun, and not done"));
  }
  return lines;
}

std::string talk_size(const Talk& talk) {
  return fmt::format("{}, {}, {}", counted(talk.turns.size() + talk.unreadable, "turn"),
                     counted(talk.state.size(), "value"), counted(talk.journal.size(), "step"));
}

}  // namespace patchbay
