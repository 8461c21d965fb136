// SPDX-License-Identifier: MIT
#include "work/tasks.h"

#include <optional>
#include <utility>

namespace patchbay {
namespace {

constexpr std::size_t most_waiting = 100'000;
constexpr Milliseconds until_ready{
    10};  // how often a task of an agent that is still being made looks again

}  // namespace

vap_status_t Tasks::post(Agent& agent, std::uint32_t delay_ms, Function fn, void* user,
                         std::uint64_t* id) {
  if (fn == nullptr) return VAP_E_INVALID;
  std::optional<Lease> lease = Lease::on(agent);
  if (!lease || agent.generation().winds_down()) return VAP_E_CANCELLED;
  auto task = std::make_unique<Task>(Task{*std::move(lease), fn, user, 0});
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    if (hurried_) return VAP_E_CANCELLED;
    if (waiting_.size() >= most_waiting) return VAP_E_LIMIT;
    number = next_++;
    // The alarm cannot find the task missing: it waits for this lock.
    if (delay_ms > 0)
      task->alarm =
          timers_.at(Clock::now() + Milliseconds{delay_ms}, [this, number] { ring(number); });
    waiting_.emplace(number, std::move(task));
  }
  if (id != nullptr) *id = number;
  if (delay_ms == 0) ring(number);
  return VAP_OK;
}

vap_status_t Tasks::cancel(const Agent& agent, std::uint64_t id) {
  std::unique_ptr<Task> task;
  {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(id);
    if (found == waiting_.end() || &found->second->lease.agent() != &agent) return VAP_E_NOT_FOUND;
    task = std::move(found->second);
    waiting_.erase(found);
  }
  if (task->alarm != 0) timers_.cancel(task->alarm);
  return VAP_OK;
}

void Tasks::hurry() {
  std::vector<std::uint64_t> numbers;
  {
    const std::lock_guard lock(mutex_);
    hurried_ = true;
    numbers = numbers_of_locked(nullptr);
  }
  for (const std::uint64_t number : numbers) ring(number);
}

void Tasks::hurry(const Generation& generation) {
  std::vector<std::uint64_t> numbers;
  {
    const std::lock_guard lock(mutex_);
    numbers = numbers_of_locked(&generation);
  }
  for (const std::uint64_t number : numbers) ring(number);
}

std::size_t Tasks::waiting(const Generation& generation) const {
  const std::lock_guard lock(mutex_);
  return numbers_of_locked(&generation).size();
}

std::vector<std::uint64_t> Tasks::numbers_of_locked(const Generation* generation) const {
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, task] : waiting_) {
    if (generation == nullptr || &task->lease.agent().generation() == generation)
      numbers.push_back(number);
  }
  return numbers;
}

// A posted task may still be cancelled while it waits for a worker: it is taken when it runs.
void Tasks::ring(std::uint64_t id) {
  workers_.post([this, id] { run(id); });
}

void Tasks::run(std::uint64_t id) {
  std::unique_ptr<Task> task;
  {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(id);
    if (found == waiting_.end()) return;
    if (found->second->lease.agent().phase() == Agent::Phase::creating) {
      found->second->alarm = timers_.at(Clock::now() + until_ready, [this, id] { ring(id); });
      return;
    }
    task = std::move(found->second);
    waiting_.erase(found);
  }
  if (task->lease.agent().phase() == Agent::Phase::ready) task->fn(task->user);
}

}  // namespace patchbay
