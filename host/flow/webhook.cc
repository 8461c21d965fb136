// SPDX-License-Identifier: MIT
#include "flow/webhook.h"

#include <fmt/format.h>

#include <functional>
#include <string>

#include "codec/event.h"
#include "codec/http_response.h"
#include "codec/signature.h"

namespace patchbay {
namespace {

constexpr std::string_view signature_header = "layercode-signature";
constexpr std::size_t longest_name = 64;  // bytes, of an agent: is_plain_name() has the same
constexpr std::size_t longest_path = 80;  // bytes in the log, of a path that anybody may make up

// What tells two deliveries of one turn from two turns with one id (decision 0012). A caller may
// press one button twice in a turn: of data, only the very same delivery counts.
std::uint64_t content_of(const Event& event, const HttpRequest& request) {
  const std::hash<std::string_view> hash;
  switch (event.type) {
    case EventType::message:
    case EventType::session_start:
      return hash(event.text);
    case EventType::data:
      return hash(std::string(request.header(signature_header)).append(request.body));
    case EventType::session_update:
    case EventType::session_end:
    case EventType::unknown:
      break;
  }
  return hash(request.body);
}

// What kind of answer the pipeline waits for (protocol §1.2). A session.start without a turn is
// only a notice: the agent speaks on the one that has a turn.
ReplyKind kind_of(const Event& event) {
  switch (event.type) {
    case EventType::message:
      return ReplyKind::stream;
    case EventType::session_start:
      return event.turn_id ? ReplyKind::stream : ReplyKind::silent;
    case EventType::data:
      return ReplyKind::answer;
    case EventType::session_update:
    case EventType::session_end:
    case EventType::unknown:
      break;
  }
  return ReplyKind::silent;
}

Error no_agent(std::string_view agent) {
  if (agent.empty())
    return {"no_default_agent", "this host has no default agent",
            "use /agents/NAME, or name the default: --agent NAME, or agent in [webhook]"};
  const bool cut = agent.size() > longest_name;
  return {
      "unknown_agent",
      fmt::format("there is no agent '{}{}' here", agent.substr(0, longest_name), cut ? "..." : ""),
      "check the webhook URL: /agents/NAME, or /api/agent for the default agent"};
}

// Two header lines are two claims: which one did the pipeline make? Neither counts.
Problem two_claims(const HttpRequest& request) {
  if (request.count(signature_header) <= 1) return std::nullopt;
  return Error{"signature_twice", "the request has two layercode-signature headers",
               "a proxy on the way may be adding one"};
}

}  // namespace

Problem Webhook::verify(const HttpRequest& request, const SigningKeys& keys) {
  if (Problem wrong = two_claims(request)) return wrong;
  const std::string_view header = request.header(signature_header);
  const UnixSeconds now = unix_now();
  if (Problem wrong = verify_signature(header, request.body, keys, now)) return wrong;
  if (!signatures_once_ || seen_.is_first(header, request.body, now)) return std::nullopt;
  return Error{"signature_replayed", "this very request was taken before",
               "a copy, or a retry that was not signed anew: see replay_protection in [webhook]"};
}

// A host that goes down gives up its agents: they are elsewhere, and not unknown.
HttpResponse Webhook::no_route(std::string_view agent, std::string_view path,
                               const Peer& peer) const {
  if (const Problem closing = turns_.closing()) return refused(path, peer, 503, *closing);
  return refused(path, peer, 404, no_agent(agent));
}

std::optional<HttpResponse> Webhook::refusal(std::string_view agent, const Head& head) const {
  const auto route = routes_.find(agent);
  if (!route) return no_route(agent, head.path, head.peer);
  Problem wrong = two_claims(head.request);
  if (!wrong) {
    // Over no body: form and age come first, and only then that the MAC is of another one.
    wrong =
        verify_signature(head.request.header(signature_header), {}, route->route->keys, unix_now());
    if (wrong && wrong->code == "signature_mismatch") return std::nullopt;
  }
  if (!wrong) return std::nullopt;
  return refused(head.path, head.peer, 401, *wrong);
}

void Webhook::serve(std::string_view agent, Exchange&& exchange) {
  auto route = routes_.find(agent);
  if (!route) return exchange.stream->answer(no_route(agent, exchange.request.path, exchange.peer));

  if (Problem wrong = verify(exchange.request, route->route->keys))
    return refuse(exchange, 401, *wrong);

  Result<Event> event = decode_event(exchange.request.body);
  if (!event) return refuse(exchange, 400, event.error());

  dispatch(*std::move(event), *std::move(route), std::move(exchange));
}

void Webhook::dispatch(Event event, Routes::Found route, Exchange&& exchange) {
  if (event.type == EventType::unknown) {
    log_.debug("event ignored", {{"type", event.type_name}});
    return exchange.stream->answer(json_response(200, R"({"status":"ignored"})"));
  }
  const ReplyKind kind = kind_of(event);
  const std::shared_ptr<Stream> stream = exchange.stream;
  const std::uint64_t content = content_of(event, exchange.request);
  Lease lease = choose_version(event, std::move(route.lease));
  const Problem busy = turns_.begin({std::move(event), std::move(exchange.request.body),
                                     std::move(lease), kind == ReplyKind::silent ? nullptr : stream,
                                     kind, content, std::move(exchange.request.share)});
  if (busy) return refuse(exchange, busy->code == "delivered_twice" ? 409 : 503, *busy);
  if (kind == ReplyKind::silent) stream->answer(json_response(200, R"({"status":"ok"})"));
}

// The newest, or the one that the conversation began with, where its agent wants that.
Lease Webhook::choose_version(const Event& event, Lease newest) {
  if (newest.agent().config().pin != Pin::conversation) return newest;
  Lease chosen = pins_.keep(event.conversation_id, std::move(newest), Clock::now());
  if (event.type == EventType::session_end)
    pins_.release(chosen.agent().name(), event.conversation_id);
  return chosen;
}

void Webhook::refuse(const Exchange& exchange, int status, const Error& error) const {
  exchange.stream->answer(refused(exchange.request.path, exchange.peer, status, error));
}

HttpResponse Webhook::refused(std::string_view path, const Peer& peer, int status,
                              const Error& error) const {
  log_.warn("webhook refused", {{"status", status},
                                {"code", error.code},
                                {"why", error.text()},
                                {"path", path.substr(0, longest_path)},
                                {"peer", peer.text()}});
  // Which check a signature failed is for the operator's log, not for whoever is guessing.
  static const Error unsigned_request{"unauthorized",
                                      "the signature of this request is missing, wrong or too old",
                                      "see the host's log for the reason"};
  HttpResponse response = error_response(status, status == 401 ? unsigned_request : error);
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace patchbay
