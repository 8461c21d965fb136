// SPDX-License-Identifier: MIT
#include "state/callbacks.h"

#include <algorithm>
#include <utility>

namespace patchbay {

std::size_t share_of(const AgentConfig& agent, std::size_t workers) {
  const std::size_t share = agent.max_workers > 0 ? agent.max_workers : workers / 2;
  return std::max<std::size_t>(share, 1);
}

std::optional<Callbacks::Id> Callbacks::enter(const Agent& agent, Call call, std::size_t most) {
  const std::lock_guard lock(mutex_);
  std::size_t& out = by_agent_[&agent];
  if (out >= most) return std::nullopt;
  ++out;
  const Id id = next_++;
  out_.emplace(id, Out{&agent, std::move(call)});
  return id;
}

void Callbacks::leave(Id id) {
  const std::lock_guard lock(mutex_);
  const auto found = out_.find(id);
  if (found == out_.end()) return;
  if (found->second.stuck) --stuck_[found->second.call.agent];
  const auto count = by_agent_.find(found->second.agent);
  if (--count->second == 0) by_agent_.erase(count);
  out_.erase(found);
}

std::vector<Callbacks::Call> Callbacks::newly_stuck(Moment now) {
  std::vector<Call> fresh;
  const std::lock_guard lock(mutex_);
  for (auto& [id, out] : out_) {
    if (out.stuck || out.call.due > now) continue;
    out.stuck = true;
    ++stuck_[out.call.agent];
    fresh.push_back(out.call);
  }
  return fresh;
}

std::map<std::string, std::size_t> Callbacks::stuck() const {
  const std::lock_guard lock(mutex_);
  return stuck_;
}

}  // namespace patchbay
