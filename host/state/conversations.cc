// SPDX-License-Identifier: MIT
#include "state/conversations.h"

#include <utility>

namespace patchbay {

std::shared_ptr<Reply> Conversations::begin(const std::shared_ptr<Reply>& turn) {
  if (turn->facts().conversation.empty()) return nullptr;
  const std::lock_guard lock(mutex_);
  return std::exchange(speaking_[turn->talk()], turn);
}

void Conversations::end(const Reply& turn) {
  if (turn.facts().conversation.empty()) return;
  std::shared_ptr<Reply> ended;  // dies after the lock
  const std::lock_guard lock(mutex_);
  const auto found = speaking_.find(turn.talk());
  if (found == speaking_.end() || found->second.get() != &turn) return;
  ended = std::move(found->second);
  speaking_.erase(found);
}

std::shared_ptr<Reply> Conversations::speaking_in(const std::string& conversation) const {
  const std::lock_guard lock(mutex_);
  const auto found = speaking_.find(conversation);
  return found == speaking_.end() ? nullptr : found->second;
}

std::size_t Conversations::speaking() const {
  const std::lock_guard lock(mutex_);
  return speaking_.size();
}

}  // namespace patchbay
