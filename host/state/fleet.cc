// SPDX-License-Identifier: MIT
#include "state/fleet.h"

#include <algorithm>
#include <span>
#include <utility>

namespace patchbay {

Fleet::Fleet(Holds& holds, Log& log) : Fleet(holds, log, Limits{}) {}

Fleet::Fleet(Holds& holds, Log& log, Limits limits)
    : holds_(holds), log_(log), limits_(limits), keeper_([this] { keep(); }), listener_([this] {
        listen();
      }) {}

Fleet::~Fleet() {
  stop();
}

void Fleet::tell(Wanted wanted) {
  const std::lock_guard lock(mutex_);
  wanted_ = std::move(wanted);
}

void Fleet::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.raise();
  wake_.notify_all();
  if (keeper_.joinable()) keeper_.join();
  if (listener_.joinable()) listener_.join();
}

Result<Holds::Found> Fleet::take(const Hold& wanted) {
  const bool was_held = holds_any_of(wanted.conversation);
  Result<Holds::Found> found = holds_.take_and_load(wanted, limits_.time);
  if (!found) return found;
  // What was given back here may still be on its way.
  found->was_ours = found->was_ours && was_held;
  if (found->taken != Holds::Taken::ours) return found;
  const std::lock_guard lock(mutex_);
  held_[wanted.conversation] = wanted.task;
  return found;
}

bool Fleet::holds_any_of(const std::string& conversation) const {
  const std::lock_guard lock(mutex_);
  return held_.contains(conversation);
}

Result<Holds::Taken> Fleet::seize(const Hold& wanted) {
  const Moment until = Clock::now() + limits_.patience;
  for (;;) {
    const bool by_force = Clock::now() >= until;
    Result<Holds::Taken> taken = holds_.claim(wanted, limits_.time, by_force);
    if (taken && *taken == Holds::Taken::other_task) {
      // And is asked again: that host may have taken it just now, and not know yet that it has.
      std::this_thread::sleep_for(limits_.between);
      continue;
    }
    if (taken && *taken == Holds::Taken::ours) {
      const std::lock_guard lock(mutex_);
      held_[wanted.conversation] = wanted.task;
    }
    return taken;
  }
}

void Fleet::release(const Hold& hold) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = held_.find(hold.conversation);
    if (found != held_.end() && found->second == hold.task) held_.erase(found);
    done_.push_back(hold);
  }
  wake_.notify_all();
}

std::size_t Fleet::held() const {
  const std::lock_guard lock(mutex_);
  return held_.size();
}

// Whatever is still held at the end is given back as well: nobody shall wait until it runs out.
void Fleet::keep() {
  Moment next = Clock::now() + limits_.every;
  std::unique_lock lock(mutex_);
  for (bool last = false; !last;) {
    wake_.wait_until(lock, next, [this] { return stopping_ || !done_.empty(); });
    last = stopping_;
    std::vector<Hold> done = std::exchange(done_, {});
    std::vector<Hold> ours;
    if (last || Clock::now() >= next) {
      for (const auto& [conversation, task] : held_)
        (last ? done : ours).push_back({conversation, task});
      next = Clock::now() + limits_.every;
    }
    lock.unlock();
    // What cannot be given back runs out by itself.
    if (!done.empty()) static_cast<void>(holds_.release(done));
    prolong(ours);
    lock.lock();
  }
}

void Fleet::prolong(const std::vector<Hold>& ours) {
  for (std::size_t at = 0; at < ours.size(); at += limits_.batch) {
    const auto some = std::span(ours).subspan(at, std::min(limits_.batch, ours.size() - at));
    const Result<std::vector<bool>> still = holds_.prolong(some, limits_.time);
    note(still ? Problem() : still.error());
    if (!still) return;
    for (std::size_t i = 0; i < some.size(); ++i)
      if (!(*still)[i]) tell_of(some[i], true);
    give_back_stale(some);
  }
}

// What was given back just then may have been prolonged after that.
void Fleet::give_back_stale(std::span<const Hold> prolonged) {
  const std::lock_guard lock(mutex_);
  for (const Hold& hold : prolonged) {
    const auto found = held_.find(hold.conversation);
    if (found == held_.end() || found->second != hold.task) done_.push_back(hold);
  }
}

void Fleet::note(const Problem& wrong) {
  if (std::exchange(failing_, wrong.has_value()) == wrong.has_value()) return;
  if (wrong) {
    log_.warn("turns cannot be kept for this host alone",
              {{"why", wrong->text()},
               {"next", "they go on; another host that is sent the same turn may run it too"}});
  } else {
    log_.info("turns are kept for this host alone again");
  }
}

void Fleet::listen() {
  for (;;) {
    const Result<std::vector<Hold>> wanted = holds_.await_wanted(stop_);
    if (wanted) {
      for (const Hold& hold : *wanted) tell_of(hold, false);
    }
    std::unique_lock lock(mutex_);
    if (!wanted) wake_.wait_for(lock, limits_.pause, [this] { return stopping_; });
    if (stopping_) return;
  }
}

// What is only wanted is held until its turn is written down: whoever has it next shall read that.
void Fleet::tell_of(const Hold& hold, bool is_lost) {
  Wanted wanted;
  {
    const std::lock_guard lock(mutex_);
    const auto found = held_.find(hold.conversation);
    // Its turn has ended meanwhile.
    if (found == held_.end() || found->second != hold.task) return;
    if (is_lost) held_.erase(found);
    wanted = wanted_;
  }
  if (wanted) wanted(hold);
}

}  // namespace patchbay
