// SPDX-License-Identifier: MIT
// Calls into agents' code that have not come back: how many each agent has out, so that one that
// hangs does not take the threads of all, and which of them are stuck.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ground/clock.h"
#include "state/generation.h"

namespace patchbay {

// How many calls of one agent may be out at once, of so many workers that there are.
std::size_t share_of(const AgentConfig& agent, std::size_t workers);

class Callbacks {
 public:
  using Id = std::uint64_t;
  struct Call {
    std::string agent;
    std::string conversation;
    std::string turn;
    Moment began;
    Moment due;  // past it, the call is stuck
  };

  // A call begins. Nothing where that agent has `most` of them out: then it must not be made. One
  // version's calls do not count for another, so that a mended one is not held up. [any]
  std::optional<Id> enter(const Agent& agent, Call call, std::size_t most);
  // It has come back. [any]
  void leave(Id id);

  // Those that became stuck since this was asked last. [any]
  std::vector<Call> newly_stuck(Moment now);
  // How many are stuck now, by agent's name; 0 for one that had some before. [any]
  std::map<std::string, std::size_t> stuck() const;

 private:
  struct Out {
    const Agent* agent;  // only its address: to count by
    Call call;
    bool stuck = false;
  };

  mutable std::mutex mutex_;  // guards everything below
  Id next_ = 1;
  std::map<Id, Out> out_;
  std::unordered_map<const Agent*, std::size_t> by_agent_;
  std::map<std::string, std::size_t> stuck_;
};

}  // namespace patchbay
