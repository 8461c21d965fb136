// SPDX-License-Identifier: MIT
#include "flow/wishes.h"

#include <utility>

namespace patchbay {

std::optional<Wishes::Number> Wishes::add(Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (!dismissed_) {
      waiting_.emplace(next_, std::move(done));
      return next_++;
    }
  }
  done(host_stops());
  return std::nullopt;
}

void Wishes::answer(Number wish, const Problem& outcome) {
  Done done;
  {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(wish);
    if (found == waiting_.end()) return;
    done = std::move(found->second);
    waiting_.erase(found);
  }
  done(outcome);
}

void Wishes::dismiss() {
  std::map<Number, Done> waiting;
  {
    const std::lock_guard lock(mutex_);
    dismissed_ = true;
    waiting.swap(waiting_);
  }
  for (const auto& [number, done] : waiting) done(host_stops());
}

}  // namespace patchbay
