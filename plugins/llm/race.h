// SPDX-License-Identifier: MIT
// The providers of one turn: who is asked next, who is at work, and who was first. Usually one is
// at work. Where it has said nothing for a while, a second may be asked as well (a hedge); who is
// first to say a word, or to call a tool, goes on alone. Sends nothing and sets no alarm; lives
// under the lock of its answer.
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "attempt.h"
#include "house.h"

namespace llm {

using Runner = std::shared_ptr<Attempt>;

class Race {
 public:
  using Time = Attempt::Clock::time_point;

  // `hedge`: how long one may say nothing before another is asked as well; 0: nobody ever is.
  Race(const Sources& sources, Ms hedge, bool ear) : sources_(sources), hedge_(hedge), ear_(ear) {}

  // Nobody is at work: the next, in order. One that is left alone only where all are; null: all
  // have failed. `said`: what the caller was told so far.
  Runner next(const std::string& said, Time now);
  // Another beside the one that has been silent for too long: the next in order, or the same once
  // more where there is only one. Null: not yet, or there is none, or two are at work. What it is
  // given to its first word does not make the turn longer: it has at most what it would have had
  // after the first, and the same one ends with the first.
  Runner second(const std::string& said, Time now);
  // When the clock has something to say to it: ask second() then, or it is over.
  Time due(const Attempt& runner) const;

  // It has said something, or all. The others are out of it, and to be cut: they have neither
  // failed nor done well, and may be asked again. In further rounds the winner is asked first.
  std::vector<Runner> won(const Runner& winner);
  void failed(Attempt& runner);       // and is not asked again in this turn
  void round_ended(Attempt& winner);  // and it may be asked again
  std::vector<Runner> stop();         // who was at work

  bool idle() const { return running_.empty(); }
  bool has_asked() const { return !asked_.empty(); }  // in this round, or somebody who has failed
  bool is_last() const { return asked_.size() == sources_.size(); }

 private:
  Source* choose(Time now) const;
  bool was_asked(const Source& source) const;
  void forget(const Source& source);
  void leave(Attempt& runner);
  Runner begin(Source& source, const std::string& said, Time now);

  const Sources& sources_;
  const Ms hedge_;
  const bool ear_;
  std::vector<Runner> running_;       // two at most
  std::vector<const Source*> asked_;  // who is at work, or has failed
  Source* favourite_ = nullptr;       // who has won; null: nobody had to
};

}  // namespace llm
