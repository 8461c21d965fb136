// SPDX-License-Identifier: MIT
// Is a history what it must be? It is the diary's: "caller: Hi | agent: One [interrupted] | ...".
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace patchbay::test {

// A turn in which the diary was to tell words, "turn_7.1 turn_7.2 ...".
struct Expected {
  std::string turn;
  std::string text;  // the caller's
  // A connection that was closed before the agent ran, and then a copy: the caller said it twice.
  bool may_stand_twice = false;
  int least = 0;  // words in it
  int most = 0;
  std::optional<std::string> heard;  // instead: this was told to have been heard
  bool may_have_host_line = false;
};

// Do caller and agent take turns in it?
bool takes_turns(const std::string& history);

// What is wrong with it, of a conversation that had these turns and then asked for its history;
// empty: nothing.
std::string judge_history(const std::string& history, const std::vector<Expected>& turns);

}  // namespace patchbay::test
