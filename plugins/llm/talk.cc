// SPDX-License-Identifier: MIT
#include "talk.h"

#include <utility>

namespace llm {
namespace {

void add(Talk& talk, bool from_user, std::string_view text) {
  if (talk.messages.empty() && !from_user)
    talk.messages.push_back({true, "(The caller is there.)"});
  if (!talk.messages.empty() && talk.messages.back().from_user == from_user) {
    std::string& before = talk.messages.back().text;
    before.append(before.empty() ? "" : " ").append(text);
  } else {
    talk.messages.push_back({from_user, std::string(text)});
  }
}

}  // namespace

Talk talk_of(std::string prompt, const vap::line* first, const vap::line* last,
             std::string_view asked) {
  Talk talk;
  talk.prompt = std::move(prompt);
  bool has_asked = false;
  for (const vap::line* line = first; line != last; ++line) {
    has_asked = has_asked || line->current;
    std::string text(line->text);
    if (line->interrupted && !line->from_caller) text += "…";
    add(talk, line->from_caller, text);
  }
  if (!has_asked) add(talk, true, asked);
  return talk;
}

Talk go_on(Talk talk, std::string_view said) {
  add(talk, false, said);
  add(talk, true,
      "(Your answer was cut off there. Go on with it, exactly from where it stops, and repeat "
      "nothing of it. Say nothing of the interruption.)");
  return talk;
}

}  // namespace llm
