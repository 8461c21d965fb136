// SPDX-License-Identifier: MIT
#include "ground/timers.h"

#include <pthread.h>

namespace patchbay {

Timers::Timers() : thread_([this] { run(); }) {}

Timers::~Timers() {
  stop();
}

void Timers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Timers::Id Timers::at(Moment when, Alarm alarm) {
  bool is_first = false;
  Id id = 0;
  {
    const std::lock_guard lock(mutex_);
    id = next_++;
    const auto placed = alarms_.emplace(std::pair{when, id}, std::move(alarm)).first;
    when_.emplace(id, when);
    is_first = placed == alarms_.begin();
  }
  if (is_first) wake_.notify_one();
  return id;
}

bool Timers::cancel(Id id) {
  Alarm forgotten;  // dies after the lock: what it holds may call us
  const std::lock_guard lock(mutex_);
  const auto found = when_.find(id);
  if (found == when_.end()) return false;
  const auto alarm = alarms_.find({found->second, id});
  forgotten = std::move(alarm->second);
  alarms_.erase(alarm);
  when_.erase(found);
  return true;
}

void Timers::run() {
  ::pthread_setname_np(::pthread_self(), "timers");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (alarms_.empty()) {
      wake_.wait(lock);
      continue;
    }
    const Moment next = alarms_.begin()->first.first;
    if (Clock::now() < next) {
      wake_.wait_until(lock, next);
      continue;
    }
    auto due = alarms_.extract(alarms_.begin());
    when_.erase(due.key().second);
    lock.unlock();
    due.mapped()();
    due = {};
    lock.lock();
  }
}

}  // namespace patchbay
