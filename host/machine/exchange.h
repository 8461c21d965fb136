// SPDX-License-Identifier: MIT
// One request and the way to answer it: what the street hands to the flows. Knows nothing of
// sockets or of routing.
#pragma once
#include <netinet/in.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "codec/http_request.h"
#include "codec/http_response.h"
#include "machine/stream.h"

namespace patchbay {

// Who is at the other end. Holds the bytes; its text is made only where somebody asks.
class Peer {
 public:
  Peer() = default;
  explicit Peer(const sockaddr_in6& address) : address_(address) {}

  // eg: "203.0.113.7:51234", "[2001:db8::1]:51234", "a unix socket"; "unknown" where there is none
  [[nodiscard]] std::string text() const;

 private:
  sockaddr_in6 address_{};  // an IPv4 address lies in its first bytes, as accept4() wrote it
};

struct Exchange {
  HttpRequest request;  // its path has lost a trailing slash: "/api/agent/" is "/api/agent"
  // Answer it now or later, from any thread. Dropped without an answer, it becomes a 500.
  std::shared_ptr<Stream> stream;
  Peer peer;
};

// A request whose head is complete; its body is about to be read. Borrowed for a call.
struct Head {
  const HttpRequest& request;
  std::string_view path;  // without a trailing slash
  const Peer& peer;
};

// A path of the server, with whoever answers there.
struct Endpoint {
  std::string method;   // eg: "POST"; a "GET" also answers HEAD
  std::string pattern;  // eg: "/health", or "/agents/*" for every path that goes on below it
  // Takes the exchange over. Called on a reactor thread, by several at once: it must not wait.
  std::function<void(Exchange&&)> handler;
  // What is to be refused before a large body is read, for what its head says and for its size so
  // far: asked at the end of the head, and again as the body grows. Small requests go to the
  // handler alone, which decides all of this too. May be empty. [any], must not wait
  std::function<std::optional<HttpResponse>(const Head&)> refusal = {};
  // It is found by comparing bytes, before anything else: the way of every turn.
  bool hot = false;
};

}  // namespace patchbay
