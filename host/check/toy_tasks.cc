// SPDX-License-Identifier: MIT
#include "check/toy_tasks.h"

#include <algorithm>

namespace patchbay {
namespace {

constexpr int thread_count = 2;  // so that one task may wait for another

}  // namespace

ToyTasks::ToyTasks(Milliseconds longest_delay) : longest_delay_(longest_delay) {
  for (int i = 0; i < thread_count; ++i) threads_.emplace_back([this] { work(); });
}

ToyTasks::~ToyTasks() {
  stop();
}

std::uint64_t ToyTasks::post(Milliseconds delay, Function run, void* user) {
  const std::lock_guard lock(mutex_);
  waiting_.emplace(Clock::now() + std::min(delay, longest_delay_), Task{++last_id_, run, user});
  changed_.notify_one();
  return last_id_;
}

bool ToyTasks::cancel(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [id](const auto& entry) { return entry.second.id == id; });
  if (found == waiting_.end()) return false;
  waiting_.erase(found);
  return true;
}

void ToyTasks::begin() {
  const std::lock_guard lock(mutex_);
  begun_ = true;
  changed_.notify_all();
}

void ToyTasks::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    waiting_.clear();
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void ToyTasks::work() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    if (!begun_ || waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const Moment due = waiting_.begin()->first;
    if (Clock::now() < due) {
      changed_.wait_until(lock, due);
      continue;
    }
    const Task task = waiting_.extract(waiting_.begin()).mapped();
    lock.unlock();
    task.run(task.user);
    lock.lock();
  }
}

}  // namespace patchbay
