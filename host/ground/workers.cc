// SPDX-License-Identifier: MIT
#include "ground/workers.h"

#include <pthread.h>

#include <algorithm>
#include <system_error>

namespace patchbay {
namespace {

constexpr Seconds idle_leaves_after{
    10};  // long enough to outlast the pauses between the turns of a call

}  // namespace

Workers::Workers(std::size_t most) : most_(std::max<std::size_t>(most, 1)) {
  const std::lock_guard lock(mutex_);
  start_one_locked();
}

Workers::~Workers() {
  std::list<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
    left_.clear();
  }
  wake_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

void Workers::post(Job job) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(job));
    reap_locked();
    wake = call_one_locked();
  }
  if (wake) wake_.notify_one();
}

// Calls a thread, where there is work and none is on its way: whoever comes takes a job and calls
// the next. So a burst of short jobs wakes few threads, and jobs that block still run beside each
// other. True: one waits, and is to be notified.
bool Workers::call_one_locked() {
  if (called_ || queue_.empty()) return false;
  if (waiting_ > 0) return called_ = true;
  if (threads_.size() < most_ && !stopping_) called_ = start_one_locked();
  return false;
}

// Where the system has no thread to give, the job waits for one that there is: a limit of the
// system must not take a turn its end, nor the process its life.
bool Workers::start_one_locked() {
  try {
    threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    return false;
  }
  ++waiting_;
  return true;
}

void Workers::work() {
  ::pthread_setname_np(::pthread_self(), "worker");
  std::unique_lock lock(mutex_);
  called_ = false;
  for (;;) {
    while (queue_.empty() && !stopping_) {
      const std::cv_status how = wake_.wait_for(lock, idle_leaves_after);
      called_ = false;  // though another may have taken the job that it was called for
      if (how == std::cv_status::timeout) break;
    }
    // One stays: when work comes, the system may have no thread to give.
    if (queue_.empty() && !stopping_ && threads_.size() - left_.size() == 1) continue;
    if (queue_.empty()) {
      --waiting_;
      if (!stopping_) left_.push_back(std::this_thread::get_id());
      return;
    }
    Job job = std::move(queue_.front());
    queue_.pop_front();
    --waiting_;
    const bool wake = call_one_locked();
    lock.unlock();
    if (wake) wake_.notify_one();
    job();
    job = nullptr;  // what it holds dies before this thread counts as idle
    lock.lock();
    ++waiting_;
    if (queue_.empty() && waiting_ == threads_.size() - left_.size()) idle_.notify_all();
  }
}

// Joins threads that left for want of work; they hold no lock and are past their last line.
void Workers::reap_locked() {
  for (const std::thread::id id : left_) {
    const auto at = std::find_if(threads_.begin(), threads_.end(),
                                 [&](const std::thread& t) { return t.get_id() == id; });
    if (at == threads_.end()) continue;
    at->join();
    threads_.erase(at);
  }
  left_.clear();
}

bool Workers::idle_within(Milliseconds most) {
  std::unique_lock lock(mutex_);
  return idle_.wait_for(
      lock, most, [&] { return queue_.empty() && waiting_ == threads_.size() - left_.size(); });
}

std::size_t Workers::threads() const {
  const std::lock_guard lock(mutex_);
  return threads_.size() - left_.size();
}

}  // namespace patchbay
