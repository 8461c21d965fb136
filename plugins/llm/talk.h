// SPDX-License-Identifier: MIT
// What a model is told of the talk: who it is, and who said what. The two take turns, the user is
// first and last: some models refuse all else.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vap/history.hpp>
#include <vector>

#include "call.h"
#include "tool.h"

namespace llm {

struct Message {
  bool from_user = false;
  std::string text;
  std::vector<Call> calls = {};        // the model's, after its text
  std::vector<Outcome> outcomes = {};  // of the calls in the message before, ahead of the text
  std::string maker = {};     // of calls: the provider's key, where they are as it made them
  std::string original = {};  // JSON: the message as that one wrote it, thoughts and all, where it
                              // wants that back; empty: the text and the calls will do
};

struct Talk {
  std::string prompt;
  std::vector<Message> messages;
  std::shared_ptr<const Tools> tools = nullptr;  // null, or empty: it has none
  bool may_call = true;                          // else it has to answer with what it knows

  bool offers_tools() const { return tools != nullptr && !tools->empty(); }
};

// Of the lines of a conversation, and of what this turn was asked, where no line has it (as where
// the store is down). What was cut off is there as it was heard, and ends in an ellipsis.
Talk talk_of(std::string prompt, const vap::line* first, const vap::line* last,
             std::string_view asked);

// The same talk after the model has said so much of its answer, for another one to go on.
Talk go_on(Talk talk, std::string_view said);

}  // namespace llm
