// SPDX-License-Identifier: MIT
// Finds who answers a request, and answers itself where nobody does: 404, 405, 500. The one unit
// that knows cpp-httplib, in its 0.11.4 as in its newest release; no type of it leaves. Knows no
// socket. One for each reactor thread. For what is hot httplib is not asked: its look at a request
// line, its regular expressions and its answer that nobody sends are a tenth of a turn.
#pragma once
#include <memory>
#include <optional>
#include <span>

#include "machine/exchange.h"

namespace patchbay {

class Engine {
 public:
  // The endpoints outlive it.
  explicit Engine(std::span<const Endpoint> endpoints);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Hands the exchange to the endpoint of its method and path, or answers it. What an endpoint
  // throws ends here, as a 500. [reactor]
  void serve(Exchange&& exchange);
  // What a request would be refused with whatever its body says; nothing where that matters.
  // [reactor]
  [[nodiscard]] std::optional<HttpResponse> refusal(const HttpRequest& request,
                                                    const Peer& peer) const;

 private:
  class Front;
  const std::span<const Endpoint> endpoints_;
  std::unique_ptr<Front> front_;
};

}  // namespace patchbay
