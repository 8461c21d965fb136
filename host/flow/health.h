// SPDX-License-Identifier: MIT
// What machines ask about this host: is it alive, should it get calls, and its numbers.
#pragma once
#include <atomic>

#include "machine/exchange.h"
#include "state/metrics.h"
#include "state/routes.h"
#include "work/turns.h"

namespace patchbay {

class Health {
 public:
  // All of it outlives this.
  Health(const Routes& routes, const Turns& turns, const Metrics& metrics)
      : routes_(routes), turns_(turns), metrics_(metrics) {}

  void live(Exchange&& exchange) const;  // GET /health, /livez: 200 while the process answers [any]
  void ready(
      Exchange&& exchange) const;  // GET /readyz: 503 while draining or without an agent [any]
  void numbers(Exchange&& exchange) const;  // GET /metrics: Prometheus text [any]

  // True: balancers send calls elsewhere; whoever comes all the same is answered. [any]
  void set_draining(bool draining) { draining_ = draining; }
  [[nodiscard]] bool draining() const { return draining_; }

 private:
  const Routes& routes_;
  const Turns& turns_;
  const Metrics& metrics_;
  std::atomic<bool> draining_ = false;
};

}  // namespace patchbay
