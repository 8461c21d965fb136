// SPDX-License-Identifier: MIT
// POST /api/authorize: a front end asks for a session, we ask Layercode with the key that the front
// end must not know, and relay the answer (protocol §4.1).
#pragma once
#include <atomic>
#include <optional>
#include <string>

#include "codec/config.h"
#include "codec/http_response.h"
#include "codec/signature.h"
#include "ground/log.h"
#include "ground/workers.h"
#include "machine/exchange.h"

namespace patchbay {

class Authorize {
 public:
  // `key` may be absent: then every request is answered with how to set one. The rest outlives
  // this.
  Authorize(const Config& config, std::optional<Secret> key, Workers& workers, Log& log);

  void serve(Exchange&& exchange);  // POST. Never waits: the upstream is asked on a worker. [any]
  // What of that needs no body: a page that may not ask, a body too large for any. [any]
  [[nodiscard]] std::optional<HttpResponse> refusal(const Head& head) const;
  void preflight(Exchange&& exchange);  // OPTIONS [any]

 private:
  void ask(const Exchange& exchange, const std::string& body);
  [[nodiscard]] bool may_ask(const HttpRequest& request) const;
  void reply(const Exchange& exchange, HttpResponse response) const;
  void refuse(const Exchange& exchange, int status, std::string_view why) const;
  [[nodiscard]] HttpResponse for_page(const HttpRequest& request, HttpResponse response) const;
  [[nodiscard]] std::string allowed_origin(const HttpRequest& request) const;

  const Config& config_;
  const std::optional<Secret> key_;
  Workers& workers_;
  Log& log_;
  std::atomic<int> asking_ = 0;
};

}  // namespace patchbay
