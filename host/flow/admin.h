// SPDX-License-Identifier: MIT
// What the operator asks of a running host, as HTTP: docs/admin.md. Trusts whoever asks, so it is
// served by a unix socket and never by a port.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "flow/health.h"
#include "flow/steward.h"
#include "flow/talks.h"
#include "ground/log.h"
#include "machine/exchange.h"

namespace patchbay {

class Admin {
 public:
  // All of it outlives this.
  Admin(Steward& steward, Health& health, Talks& talks, Log& log)
      : steward_(steward), health_(health), talks_(talks), log_(log) {}

  // They refer to this. None waits: what takes time is answered when it is done.
  std::vector<Endpoint> endpoints();

 private:
  void agents(const Exchange& exchange) const;     // GET /agents
  void agent(Exchange&& exchange);                 // POST /agents/NAME/rollback, …/unload
  void load(Exchange&& exchange);                  // POST /load
  void reload(Exchange&& exchange);                // POST /reload
  void drain(const Exchange& exchange);            // POST /drain
  void log_level(const Exchange& exchange) const;  // GET /log-level
  void set_log_level(const Exchange& exchange);    // PUT /log-level

  void roll_back(Exchange&& exchange, const std::string& name);
  void unload(Exchange&& exchange, const std::string& name);

  Steward& steward_;
  Health& health_;
  Talks& talks_;
  Log& log_;
};

}  // namespace patchbay
