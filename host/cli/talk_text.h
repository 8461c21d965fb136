// SPDX-License-Identifier: MIT
// Conversations as lines for a person. Nothing that was said in one can command a terminal. Prints
// nothing.
#pragma once
#include <string>
#include <vector>

#include "state/talk.h"

namespace patchbay {

// A row for each, in the order of the list.
std::vector<std::string> talk_table(const TalkList& list);
// Who said what, when; under what was cut, how much of it was heard.
std::vector<std::string> talk_lines(const Talk& talk);
// How much there is in it, eg: "2 turns, 1 value, no steps".
std::string talk_size(const Talk& talk);

}  // namespace patchbay
