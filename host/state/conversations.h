// SPDX-License-Identifier: MIT
// Which turn of a conversation may speak: the newest, and only that. Keeps no words and no history.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "state/replies.h"

namespace patchbay {

class Conversations {
 public:
  // This turn speaks from here; returns the one it takes the word from, if that is still open. A
  // turn without a conversation takes it from nobody. [any]
  std::shared_ptr<Reply> begin(const std::shared_ptr<Reply>& turn);
  // This turn has ended; whoever speaks by then is left alone. [any]
  void end(const Reply& turn);

  // Who speaks in the conversation of that name; null where nobody does. [any]
  [[nodiscard]] std::shared_ptr<Reply> speaking_in(const std::string& conversation) const;
  [[nodiscard]] std::size_t speaking() const;

 private:
  // eg: "bakery\nconv_9": two agents that share a conversation id do not share a conversation.

  mutable std::mutex mutex_;  // guards speaking_
  std::unordered_map<std::string, std::shared_ptr<Reply>> speaking_;
};

}  // namespace patchbay
