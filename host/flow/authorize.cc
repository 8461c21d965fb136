// SPDX-License-Identifier: MIT
#include "flow/authorize.h"

#include <fmt/format.h>

#include "codec/authorization.h"
#include "codec/http_grammar.h"
#include "codec/http_response.h"
#include "ground/text.h"
#include "machine/http_client.h"

namespace patchbay {
namespace {

// The endpoint is open to the world and each request costs an upstream call: a flood must not take
// the workers that agents speak on.
constexpr int most_asking = 64;
// Nobody has signed this body, and it is read on a reactor: what takes long to read would stop
// every call. A page says who it is and what it wants, in a few hundred bytes.
constexpr std::size_t largest_body = std::size_t{64} * 1024;
constexpr std::size_t longest_origin = 80;  // bytes in the log, of what anybody may make up

HttpResponse failure(int status, std::string_view why) {
  return json_response(status, fmt::format(R"({{"error":{}}})", json_string(why)));
}

// By what has come of it, or by what is announced.
bool is_too_large(const HttpRequest& request) {
  std::size_t length = 0;
  return request.body.size() > largest_body ||
         check_content_length(request.header("content-length"), largest_body, length) ==
             HttpFault::body_too_large;
}

}  // namespace

Authorize::Authorize(const Config& config, std::optional<Secret> key, Workers& workers, Log& log)
    : config_(config), key_(std::move(key)), workers_(workers), log_(log) {}

void Authorize::serve(Exchange&& exchange) {
  if (const auto refused = refusal({exchange.request, exchange.request.path, exchange.peer}))
    return exchange.stream->answer(*refused);
  Result<std::string> body = authorization_body(exchange.request.body, config_.authorize_defaults);
  if (!body) return refuse(exchange, 400, body.error().message);
  if (!key_) {
    log_.error("cannot authorize",
               {{"why", "no API key: set LAYERCODE_API_KEY, or api_key in [authorize]"}});
    return refuse(exchange, 500, "LAYERCODE_API_KEY is not set.");
  }
  if (asking_.fetch_add(1) >= most_asking) {
    asking_.fetch_sub(1);
    return refuse(exchange, 503, "Too many authorizations at once; try again.");
  }
  workers_.post([this, exchange = std::move(exchange), body = *std::move(body)] {
    ask(exchange, body);
    asking_.fetch_sub(1);
  });
}

// A browser would keep the answer from such a page, but the session would have been opened, and
// paid for. Whoever sends no Origin is no browser, and nothing that he says of himself can be
// believed.
std::optional<HttpResponse> Authorize::refusal(const Head& head) const {
  if (!may_ask(head.request)) {
    log_.warn("authorize", {{"outcome", "origin refused"},
                            {"origin", head.request.header("origin").substr(0, longest_origin)},
                            {"peer", head.peer.text()}});
    return failure(403, "This page may not ask: its origin is not in allow_origins.");
  }
  if (is_too_large(head.request))
    return for_page(head.request, failure(413, "The body is larger than 64 KiB."));
  return std::nullopt;
}

void Authorize::ask(const Exchange& exchange, const std::string& body) {
  const std::string url = config_.upstream + "/agents/web/authorize_session";
  Result<HttpResponse> answer = post({url,
                                      {{"Authorization", fmt::format("Bearer {}", key_->bytes())},
                                       {"Content-Type", "application/json"}},
                                      body,
                                      config_.upstream_timeout});
  if (!answer) {
    log_.error("authorize", {{"outcome", "no answer"}, {"why", answer.error().text()}});
    return refuse(exchange, 502, "The authorization server does not answer.");
  }
  const bool good = answer->status >= 200 && answer->status < 300;
  log_.write(good ? LogLevel::info : LogLevel::warn, "authorize",
             {{"status", answer->status}, {"peer", exchange.peer.text()}});
  if (good) return reply(exchange, *std::move(answer));

  // The front end's SDK shows only the reason phrase, so what went wrong must stand there.
  const int status = answer->status >= 400 && answer->status < 600 ? answer->status : 502;
  HttpResponse failed = failure(status, authorization_failure(answer->status, answer->body));
  if (status == 402) failed.reason = "insufficient_balance";
  reply(exchange, std::move(failed));
}

void Authorize::preflight(Exchange&& exchange) {
  HttpResponse response;
  response.status = 204;
  response.headers = {{"Access-Control-Allow-Methods", "POST, OPTIONS"},
                      {"Access-Control-Allow-Headers", "content-type, authorization"},
                      {"Access-Control-Max-Age", "600"}};
  reply(exchange, std::move(response));
}

void Authorize::reply(const Exchange& exchange, HttpResponse response) const {
  exchange.stream->answer(for_page(exchange.request, std::move(response)));
}

void Authorize::refuse(const Exchange& exchange, int status, std::string_view why) const {
  reply(exchange, failure(status, why));
}

// A browser hands an answer to a page only where that is said to be allowed.
HttpResponse Authorize::for_page(const HttpRequest& request, HttpResponse response) const {
  const std::string origin = allowed_origin(request);
  if (!origin.empty()) {
    response.headers.emplace_back("Access-Control-Allow-Origin", origin);
    if (origin != "*") response.headers.emplace_back("Vary", "Origin");
  }
  return response;
}

bool Authorize::may_ask(const HttpRequest& request) const {
  return request.count("origin") == 0 || !allowed_origin(request).empty();
}

std::string Authorize::allowed_origin(const HttpRequest& request) const {
  const std::string_view origin = request.header("origin");
  for (const std::string& allowed : config_.allow_origins) {
    if (allowed == "*") return "*";
    if (!origin.empty() && allowed == origin) return allowed;
  }
  return {};
}

}  // namespace patchbay
