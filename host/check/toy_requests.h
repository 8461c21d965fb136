// SPDX-License-Identifier: MIT
// vap.http/1 of the checker's small host: it goes out to nobody. A request is taken, and fails at
// once, so that it is seen what an agent does when its model does not answer.
#pragma once
#include <cstdint>
#include <list>
#include <mutex>

#include "check/toy_tasks.h"
#include "vap/vap_http.h"

namespace patchbay {

class ToyRequests {
 public:
  // Its end comes as one of these tasks, which stop before this goes.
  explicit ToyRequests(ToyTasks& tasks) : tasks_(tasks) {}

  // `id` may be null, and is written before on_end can come. [any]
  void take(const vap_http_handler_t& handler, void* user, std::uint64_t* id);

 private:
  struct Unsent {
    vap_http_handler_t handler;
    void* user;
  };
  static void VAP_CALL fail(void* unsent) noexcept;

  ToyTasks& tasks_;
  std::mutex mutex_;  // guards unsent_
  std::list<Unsent> unsent_;
};

}  // namespace patchbay
