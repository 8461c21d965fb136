// SPDX-License-Identifier: MIT
#include "race.h"

#include <algorithm>
#include <utility>

namespace llm {

Runner Race::next(const std::string& said, Time now) {
  Source* source = choose(now);
  for (const auto& other : sources_)
    if (source == nullptr && !was_asked(*other)) source = other.get();
  return source == nullptr ? nullptr : begin(*source, said, now);
}

Runner Race::second(const std::string& said, Time now) {
  if (hedge_.count() == 0) return nullptr;
  for (const Runner& runner : running_) runner->waited = now >= runner->asked + hedge_;
  if (running_.size() != 1) return nullptr;
  const Attempt& first = *running_.front();
  if (first.works() || first.finished || !first.waited) return nullptr;
  const bool is_only = sources_.size() == 1;
  Source* source = choose(now);
  if (is_only && !first.second && first.source->breaker.may_ask(now)) source = first.source;
  if (source == nullptr) return nullptr;
  Runner second = begin(*source, said, now);
  second->second = true;
  if (is_only) second->heard = first.heard;  // they share the time
  return second;
}

Race::Time Race::due(const Attempt& runner) const {
  const bool is_patient = hedge_.count() == 0 || runner.waited || runner.works() || runner.finished;
  return is_patient ? runner.deadline() : std::min(runner.asked + hedge_, runner.deadline());
}

std::vector<Runner> Race::won(const Runner& winner) {
  std::vector<Runner> others = std::exchange(running_, {winner});
  others.erase(std::find(others.begin(), others.end(), winner));
  if (!others.empty()) favourite_ = winner->source;
  for (const Runner& other : others) {
    other->over = true;
    if (other->source != winner->source) forget(*other->source);
  }
  return others;
}

void Race::failed(Attempt& runner) {
  leave(runner);
}

void Race::round_ended(Attempt& winner) {
  leave(winner);
  forget(*winner.source);
}

std::vector<Runner> Race::stop() {
  std::vector<Runner> runners = std::exchange(running_, {});
  for (const Runner& runner : runners) runner->over = true;
  return runners;
}

// The first in order that may be asked. Whom it names has been tried for all turns, where its
// breaker wants that.
Source* Race::choose(Time now) const {
  if (favourite_ != nullptr && !was_asked(*favourite_) && favourite_->breaker.may_ask(now))
    return favourite_;
  for (const auto& source : sources_)
    if (!was_asked(*source) && source->breaker.may_ask(now)) return source.get();
  return nullptr;
}

bool Race::was_asked(const Source& source) const {
  return std::find(asked_.begin(), asked_.end(), &source) != asked_.end();
}

void Race::forget(const Source& source) {
  asked_.erase(std::remove(asked_.begin(), asked_.end(), &source), asked_.end());
}

void Race::leave(Attempt& runner) {
  runner.over = true;
  const auto is_it = [&](const Runner& other) { return other.get() == &runner; };
  running_.erase(std::remove_if(running_.begin(), running_.end(), is_it), running_.end());
}

Runner Race::begin(Source& source, const std::string& said, Time now) {
  if (!was_asked(source)) asked_.push_back(&source);
  running_.push_back(std::make_shared<Attempt>(source, ear_, said, now));
  return running_.back();
}

}  // namespace llm
