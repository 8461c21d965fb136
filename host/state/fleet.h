// SPDX-License-Identifier: MIT
// This host as one of several that share a store: what it holds of their conversations. Keeps that
// alive, gives back what is done, and hears what others want to have. While the server is down
// nothing is held, and turns go on.
#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "ground/clock.h"
#include "ground/log.h"
#include "machine/holds.h"
#include "machine/interrupt.h"

namespace patchbay {

class Fleet {
 public:
  struct Limits {
    // A host that died is waited for as long as this; one that is only slow must not look dead.
    Milliseconds time{5'000};
    Milliseconds every{1'000};  // is prolonged
    std::size_t batch = 500;    // holds in one round trip
    Milliseconds pause{200};    // after a failure to hear what is wanted
    // One that is asked gives back what it holds within a few milliseconds; a machine that is very
    // busy takes longer, and then it would write the end of its turn over what was taken.
    Milliseconds patience{1'000};
    Milliseconds between{4};  // looks, until then
  };
  // Another host wants what this one holds, or has it. Called on threads of the fleet, under no
  // lock, perhaps more than once.
  using Wanted = std::function<void(const Hold&)>;

  // Both outlive it.
  Fleet(Holds& holds, Log& log);
  Fleet(Holds& holds, Log& log, Limits limits);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // Who is told; before the first turn. [control]
  void tell(Wanted wanted);
  // From here nobody is told of anything. [control]
  void stop();

  // As Holds. [turn]
  Result<Holds::Found> take(const Hold& wanted);
  // Asks the host that has it to give it back, and waits for that; one that does not answer loses
  // it. What that host has written of it can be read then. Not `other_task`. [turn]
  Result<Holds::Taken> seize(const Hold& wanted);
  // Soon; waits for nobody. [any]
  void release(const Hold& hold);

  [[nodiscard]] std::size_t held() const;

 private:
  void keep();
  void listen();
  [[nodiscard]] bool holds_any_of(const std::string& conversation) const;
  void prolong(const std::vector<Hold>& ours);
  void give_back_stale(std::span<const Hold> prolonged);
  void note(const Problem& wrong);
  void tell_of(const Hold& hold, bool is_lost);

  Holds& holds_;
  Log& log_;
  const Limits limits_;
  const Interrupt stop_;  // of the listener's waiting
  bool failing_ = false;  // the keeper's own: its last attempt to prolong failed

  mutable std::mutex mutex_;  // guards everything below but the threads
  std::condition_variable wake_;
  std::map<std::string, std::string> held_;  // conversation -> task
  std::vector<Hold> done_;                   // to be given back
  Wanted wanted_;
  bool stopping_ = false;

  std::thread keeper_;
  std::thread listener_;
};

}  // namespace patchbay
