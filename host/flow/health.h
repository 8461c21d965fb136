// SPDX-License-Identifier: MIT
// What machines ask about this host: is it alive, should it get calls, and its numbers.
#pragma once
#include <atomic>

#include "ground/budget.h"
#include "machine/exchange.h"
#include "state/archive.h"
#include "state/metrics.h"
#include "state/routes.h"
#include "state/scribe.h"
#include "work/turns.h"

namespace patchbay {

class Health {
 public:
  // All of it outlives this.
  Health(const Routes& routes, const Turns& turns, const Metrics& metrics, const Scribe& scribe,
         const Archive& archive, const Budget& bodies)
      : routes_(routes),
        turns_(turns),
        metrics_(metrics),
        scribe_(scribe),
        archive_(archive),
        bodies_(bodies) {}

  void live(Exchange&& exchange) const;  // GET /health, /livez: 200 while the process answers [any]
  // GET /readyz: 503 while draining or without an agent. A store that is slow or down is told and
  // no more: turns go on. [any]
  void ready(Exchange&& exchange) const;
  void numbers(Exchange&& exchange) const;  // GET /metrics: Prometheus text [any]

  // True: balancers send calls elsewhere; whoever comes all the same is answered. [any]
  void set_draining(bool draining) { draining_ = draining; }
  [[nodiscard]] bool draining() const { return draining_; }

 private:
  const Routes& routes_;
  const Turns& turns_;
  const Metrics& metrics_;
  const Scribe& scribe_;
  const Archive& archive_;
  const Budget& bodies_;
  std::atomic<bool> draining_ = false;
};

}  // namespace patchbay
