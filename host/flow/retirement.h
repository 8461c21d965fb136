// SPDX-License-Identifier: MIT
// How a version that was replaced comes to its end: it waits for the last lease, and no longer than
// it may; then its agents are destroyed and its code is unmapped, which is verified. Never touches
// a version that somebody still holds.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "ground/lane.h"
#include "ground/log.h"
#include "ground/timers.h"
#include "state/board.h"
#include "state/pins.h"
#include "state/replies.h"
#include "work/requests.h"
#include "work/tasks.h"
#include "work/tool_calls.h"
#include "work/turns.h"

namespace patchbay {

class Retirement {
 public:
  struct House {  // all of it outlives Retirement, but lane and timers serve nobody else
    Replies& replies;
    Turns& turns;
    Tasks& tasks;
    Requests& requests;
    ToolCalls& tool_calls;
    Pins& pins;
    Timers& timers;
    Lane& lane;
    Log& log;
  };
  struct Patience {
    Milliseconds turns;  // until its turns are cut off
    Milliseconds pins;   // until its pinned conversations go on with the newest version
  };
  // Told on the lane when a version was destroyed; its generation is for the listener to drop.
  using Gone = std::function<void(const VersionPtr&, Generation::Retired)>;

  Retirement(House house, Gone gone) : house_(house), gone_(std::move(gone)) {}

  // The version gets no new turn from here, but by a pin. Once for each. [any]
  void begin(const VersionPtr& version, Patience patience);

  // All open turns, by who answers them. Holds them, so that none of these generations goes. [any]
  using OpenTurns = std::unordered_map<const Generation*, std::vector<std::shared_ptr<Reply>>>;
  [[nodiscard]] OpenTurns open_turns() const;
  // What a version waits for, for a person, eg: "message turn_C4 of conv_B2 for 41 s". [any]
  [[nodiscard]] std::vector<std::string> waits_for(const Generation& generation,
                                                   const OpenTurns& open) const;

 private:
  void when_unused(const VersionPtr& version);
  void retire(const VersionPtr& version);
  void at(Milliseconds later, const VersionPtr& version,
          void (Retirement::*then)(const VersionPtr&));
  void cut_off(const VersionPtr& version);
  void complain(const VersionPtr& version);
  [[nodiscard]] std::string what_for(const Generation& generation) const;

  const House house_;
  const Gone gone_;
};

}  // namespace patchbay
