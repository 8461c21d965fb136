// SPDX-License-Identifier: MIT
// Work that plugins hand to the host's threads, now or later (vap.task/1). Each task holds a lease,
// so the host knows when the last one has returned; that is why plugins should prefer it to
// threads.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "ground/timers.h"
#include "ground/workers.h"
#include "state/generation.h"

namespace patchbay {

class Tasks {
 public:
  using Function = void(VAP_CALL*)(void* user);

  Tasks(Timers& timers, Workers& workers) : timers_(timers), workers_(workers) {}

  // Runs fn(user) once on a worker after delay_ms. VAP_E_LIMIT where too many wait, VAP_E_CANCELLED
  // once the host goes down or the agent's version winds down; then it will not run. `id` may be
  // null. [any]
  vap_status_t post(Agent& agent, std::uint32_t delay_ms, Function fn, void* user,
                    std::uint64_t* id);
  // VAP_OK: it will not run. VAP_E_NOT_FOUND: it has run, is running, or is not that agent's. [any]
  vap_status_t cancel(const Agent& agent, std::uint64_t id);
  // The host goes down: every waiting task runs now, for it may hold a reply that only it can end;
  // no further task is taken. [control]
  void hurry();
  // The same for the tasks of one generation that winds down. [any]
  void hurry(const Generation& generation);
  // How many of that generation have not begun. [any]
  [[nodiscard]] std::size_t waiting(const Generation& generation) const;

 private:
  struct Task {
    Lease lease;
    Function fn;
    void* user;
    Timers::Id alarm;  // 0 where it needs none
  };
  [[nodiscard]] std::vector<std::uint64_t> numbers_of_locked(const Generation* generation) const;
  void ring(std::uint64_t id);
  void run(std::uint64_t id);

  Timers& timers_;
  Workers& workers_;
  mutable std::mutex mutex_;  // guards everything below
  std::unordered_map<std::uint64_t, std::unique_ptr<Task>> waiting_;
  std::uint64_t next_ = 1;
  bool hurried_ = false;
};

}  // namespace patchbay
