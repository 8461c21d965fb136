// SPDX-License-Identifier: MIT
// Which host of a fleet works on what in a conversation just now: one host, one task, for as long
// as he prolongs it. A host that dies loses what it held by itself. What a task is, is its owner's
// business.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "ground/clock.h"
#include "ground/result.h"
#include "machine/interrupt.h"
#include "machine/store.h"

namespace patchbay {

struct Hold {
  std::string conversation;  // its name in the store
  std::string task;          // what two hosts must not do both; bytes
  bool operator==(const Hold&) const = default;
};

// Thread-safe, bounded and never down for good, as a Store is.
class Holds {
 public:
  virtual ~Holds();
  Holds() = default;
  Holds(const Holds&) = delete;
  Holds& operator=(const Holds&) = delete;

  enum class Taken {
    ours,
    same_task,   // another host does just this
    other_task,  // another host does something else there
  };
  struct Found {
    Taken taken = Taken::ours;
    bool was_ours = false;  // nobody else held it since we took it last
    std::vector<Record> records = {};
  };
  // Takes it for so long, where no other host has it, and reads the conversation: what was written
  // under an earlier hold is in it. One round trip. [any]
  virtual Result<Found> take_and_load(const Hold& wanted, Milliseconds time) = 0;
  // Takes it where no other host has it. One that does something else there is asked to give it
  // back or, `by_force`, loses it: that is for one who does not answer. [any]
  virtual Result<Taken> claim(const Hold& wanted, Milliseconds time, bool by_force) = 0;
  // For so long from now, also one that had run out. False: another host's, by now. [any]
  virtual Result<std::vector<bool>> prolong(std::span<const Hold> ours, Milliseconds time) = 0;
  // Those that are another host's, or another task's, stay. [any]
  virtual Problem release(std::span<const Hold> ours) = 0;
  // Waits a while for what other hosts want to have; at once `interrupted` where that is raised.
  // One thread at a time.
  virtual Result<std::vector<Hold>> await_wanted(const Interrupt& interrupt) = 0;
};

}  // namespace patchbay
