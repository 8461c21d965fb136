// SPDX-License-Identifier: MIT
#include "flow/authorize.h"

#include <fmt/format.h>

#include <algorithm>

#include "codec/authorization.h"
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

}  // namespace

Authorize::Authorize(const Config& config, std::optional<Secret> key, Workers& workers, Log& log)
    : config_(config), key_(std::move(key)), workers_(workers), log_(log) {}

void Authorize::serve(Exchange&& exchange) {
  if (exchange.request.body.size() > largest_body)
    return refuse(exchange, 413, "The body is larger than 64 KiB.");
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
  HttpResponse failure;
  failure.status = answer->status >= 400 && answer->status < 600 ? answer->status : 502;
  const std::string why = authorization_failure(answer->status, answer->body);
  failure.reason = failure.status == 402 ? "insufficient_balance" : std::string();
  failure.body = fmt::format(R"({{"error":{}}})", json_string(why));
  reply(exchange, std::move(failure));
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
  const std::string origin = allowed_origin(exchange);
  if (!origin.empty()) {
    response.headers.emplace_back("Access-Control-Allow-Origin", origin);
    if (origin != "*") response.headers.emplace_back("Vary", "Origin");
  }
  exchange.stream->answer(response);
}

void Authorize::refuse(const Exchange& exchange, int status, std::string_view why) const {
  HttpResponse response;
  response.status = status;
  response.body = fmt::format(R"({{"error":{}}})", json_string(why));
  reply(exchange, std::move(response));
}

std::string Authorize::allowed_origin(const Exchange& exchange) const {
  const std::string_view origin = exchange.request.header("origin");
  for (const std::string& allowed : config_.allow_origins) {
    if (allowed == "*") return "*";
    if (!origin.empty() && allowed == origin) return allowed;
  }
  return {};
}

}  // namespace patchbay
