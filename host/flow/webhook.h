// SPDX-License-Identifier: MIT
// The way of a turn: find the route, verify the signature over the raw bytes, decode, hand to the
// agent. READ THIS FIRST. Nothing unverified passes line two; what comes back goes through the
// stream.
#pragma once
#include <optional>
#include <string_view>

#include "ground/log.h"
#include "machine/exchange.h"
#include "state/pins.h"
#include "state/routes.h"
#include "state/seen_signatures.h"
#include "work/turns.h"

namespace patchbay {

class Webhook {
 public:
  // All of it outlives the webhook. With `signatures_once`, none is taken twice.
  Webhook(const Routes& routes, Pins& pins, Turns& turns, Log& log, bool signatures_once = false)
      : routes_(routes), pins_(pins), turns_(turns), log_(log), signatures_once_(signatures_once) {}

  // POST /api/agent and POST /agents/NAME. `agent` is NAME, or empty for the default agent. Never
  // waits. [any]
  void serve(std::string_view agent, Exchange&& exchange);
  // What of that needs no body: no such agent, or a signature that is missing, malformed or stale.
  // Nothing where the body decides. [any]
  [[nodiscard]] std::optional<HttpResponse> refusal(std::string_view agent, const Head& head) const;

 private:
  [[nodiscard]] HttpResponse no_route(std::string_view agent, std::string_view path,
                                      const Peer& peer) const;
  [[nodiscard]] Problem verify(const HttpRequest& request, const SigningKeys& keys);
  void dispatch(Event event, Routes::Found route, Exchange&& exchange);
  Lease choose_version(const Event& event, Lease newest);
  void refuse(const Exchange& exchange, int status, const Error& error) const;
  [[nodiscard]] HttpResponse refused(std::string_view path, const Peer& peer, int status,
                                     const Error& error) const;

  const Routes& routes_;
  Pins& pins_;
  Turns& turns_;
  Log& log_;
  const bool signatures_once_;
  SeenSignatures seen_;
};

}  // namespace patchbay
