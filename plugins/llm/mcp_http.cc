// SPDX-License-Identifier: MIT
#include "mcp_http.h"

#include <cctype>
#include <string_view>
#include <utility>

#include "reach.h"

namespace llm {
namespace {

using Fate = mcp::Reply::Fate;

constexpr std::size_t most_answer = std::size_t{1024} * 1024;  // bytes; of one event, or of a body
constexpr int most_said = 100;  // beside one answer: each may cost us a request
constexpr const char* too_long = "The server's answer is longer than 1 MiB.";

bool is_event_stream(std::string_view type) {
  constexpr std::string_view stream = "text/event-stream";
  if (type.size() < stream.size()) return false;
  for (std::size_t at = 0; at < stream.size(); ++at)
    if (std::tolower(static_cast<unsigned char>(type[at])) != stream[at]) return false;
  return true;
}

// What has become of a request that brought no answer of the protocol's.
Fate fate_of(const vap::http_end& how, bool has_session) {
  if (how.cancelled()) return Fate::cancelled;
  if (never_reached(how)) return Fate::unsent;
  if (how.timeout != VAP_HTTP_TIMEOUT_NONE) return Fate::late;
  if (how.status < 0 || how.http_status >= 500) return Fate::lost;
  // The protocol says 404; there are servers that say 400.
  if (has_session && (how.http_status == 404 || how.http_status == 400)) return Fate::forgotten;
  return Fate::refused;
}

}  // namespace

struct McpHttp::Exchange {
  Exchange(const mcp::Letter& of, std::string in, std::function<void(const nlohmann::json&)> s,
           Heard h)
      : id(of.id),
        is_greeting(of.is_greeting),
        session(std::move(in)),
        said(std::move(s)),
        heard(std::move(h)) {}

  void take(std::string_view bytes) {
    if (is_stream) {
      is_long = !events.feed(bytes, [this](const vap::sse_event& event) { hear(event.data); });
    } else {
      const std::size_t room = most_answer - body.size();
      is_long = is_long || bytes.size() > room;
      body.append(bytes.substr(0, room));
    }
  }

  void hear(std::string_view text) {
    const nlohmann::json message = mcp::read_message(text);
    if (mcp::id_of_answer(message) == id && id != 0) return tell(mcp::read_answer(message));
    if (message.is_object() && message.contains("method") && ++count <= most_said) said(message);
  }

  void end(const vap::http_end& how) {
    if (how.ok() && id == 0) return tell({});
    if (how.ok() && !is_stream && !is_long) hear(body);
    if (how.ok()) return tell({Fate::lost, is_long ? too_long : "The server has sent no answer."});
    mcp::Reply reply;
    // A refusal may say in the protocol's own words what it is.
    if (const auto message = mcp::read_message(how.body); message.contains("error"))
      reply = mcp::read_answer(message);
    reply.fate = fate_of(how, !session.empty());
    if (reply.error.empty()) reply.error = how.why();
    tell(reply);
  }

  // The first word counts: a stream may go on after the answer.
  void tell(const mcp::Reply& reply) {
    if (const Heard tell_once = std::exchange(heard, nullptr)) tell_once(reply);
  }

  const int id;
  const bool is_greeting;
  const std::string session;  // that it was sent in
  const std::function<void(const nlohmann::json&)> said;
  Heard heard;
  bool is_stream = false, is_long = false;
  int count = 0;  // of what it has said of itself
  vap::sse_parser events{most_answer};
  std::string body;
};

void McpHttp::begin_anew() {
  const std::lock_guard<std::mutex> lock(mutex_);
  session_.clear();
}

std::string McpHttp::session() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return session_;
}

bool McpHttp::send(const mcp::Letter& letter, Ms limit, const vap::speech* of, Heard heard) {
  const auto exchange = std::make_shared<Exchange>(letter, session(), ears_.said, std::move(heard));
  vap::http_call call = house_.http().post(settings_.url, letter.text);
  call.header("Accept", "application/json, text/event-stream");
  for (const auto& [name, value] : settings_.headers) call.header(name, value);
  for (const auto& [name, value] : letter.headers) call.header(name, value);
  if (!exchange->session.empty()) call.header("Mcp-Session-Id", exchange->session);
  vap::http_timeouts timeouts;
  timeouts.connect = timeouts.first_byte = timeouts.idle = timeouts.whole = limit;
  call.timeouts(timeouts)
      .on_head([this, exchange](const vap::http_head& head) { hear_head(*exchange, head); })
      .on_chunk([exchange](std::string_view bytes) { exchange->take(bytes); })
      .on_end([exchange](const vap::http_end& how) { exchange->end(how); });
  return (of != nullptr ? call.send(*of) : call.send()) != 0;
}

void McpHttp::hear_head(Exchange& exchange, const vap::http_head& head) {
  exchange.is_stream = is_event_stream(head.header("content-type"));
  if (!exchange.is_greeting || head.status >= 300) return;
  const std::string_view given = head.header("mcp-session-id");
  // Sent back to it, it would bring the server a key.
  if (mcp::names_secret(given))
    return exchange.tell({Fate::lost, "The server's name for our session is not to be trusted."});
  const std::lock_guard<std::mutex> lock(mutex_);
  session_ = given;
}

}  // namespace llm
