// SPDX-License-Identifier: MIT
//
// http.hpp - requests to models and services, in C++ (vap.http/1). Include it beside vap.hpp:
//
//   struct Talker : vap::agent {
//     using vap::agent::agent;
//     void on_message(vap::turn& t) override {
//       http.post("https://api.example.com/v1/chat", question(t.text()))
//           .header("Authorization", "Bearer {secret:example}")
//           .on_event([](vap::reply& r, const vap::sse_event& e) { r.say(word_in(e.data)); })
//           .send(t.defer());
//     }
//     vap::http http{abi()};
//   };
//
// Whom it may ask, and the secrets, are the operator's: [agents.NAME.http]. The rules of threads,
// order and lifetime stand in vap_http.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flights.hpp"
#include "host.hpp"
#include "reply.hpp"
#include "sse.hpp"
#include "vap_http.h"

namespace vap {

using http_id = std::uint64_t;  // 0: none

// The head of an answer. Borrowed, as all that handlers are given.
struct http_head {
  int status = 0;  // eg: 200
  const vap_http_header_t* headers = nullptr;
  std::size_t header_count = 0;

  // The name in lower case. Empty where there is none.
  std::string_view header(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < header_count; ++i)
      if (view(headers[i].name) == name) return view(headers[i].value);
    return {};
  }
};

// How a request ended.
struct http_end {
  vap_status_t status = VAP_OK;  // below 0: no answer, or not all of it; see vap_http_end
  int http_status = 0;           // 0 where no answer had begun
  vap_http_timeout_t timeout = VAP_HTTP_TIMEOUT_NONE;
  std::string_view message;  // why status is below 0
  std::string_view body;     // what no handler was given: all of a refusal's (400 and above), and
                             // where there is neither on_event nor on_chunk
  std::chrono::milliseconds first_byte{-1}, whole{0};

  bool ok() const noexcept { return status >= 0 && http_status >= 200 && http_status < 300; }
  bool cancelled() const noexcept { return status == VAP_E_CANCELLED; }
  // For a log: what went wrong, eg: "HTTP 429: {...}".
  std::string why() const {
    if (status < 0) return std::string(message);
    std::string words = "HTTP ";
    // By hand: std::to_string(int) would bring an STB_GNU_UNIQUE into the plugin.
    for (int unit = 100; unit > 0; unit /= 10)
      words += static_cast<char>('0' + http_status / unit % 10);
    return words.append(": ").append(body.substr(0, 200));
  }
};

// From send(): to a connection, to the first byte of a body, to the end; idle is between two pieces
// of it. 0: the host's own.
struct http_timeouts {
  std::chrono::milliseconds connect{0}, first_byte{0}, idle{0}, whole{0};
};

class http;

// A request that is being written. Every handler may begin with a `vap::reply&`: the one that
// send() was given, else an empty one. They run one after another, on threads of the host's. One
// that throws cuts the request, and on_end hears it as VAP_E_EXCEPTION. [any]
class http_call {
 public:
  http_call(http_call&&) = default;
  http_call& operator=(http_call&&) = default;

  // In the value, "{secret:NAME}" becomes the operator's secret.
  http_call& header(std::string_view name, std::string_view value) {
    headers_.emplace_back(name, value);
    return *this;
  }
  http_call& timeouts(const http_timeouts& t) {
    timeouts_ = t;
    return *this;
  }
  http_call& follow_redirects() {
    flags_ |= VAP_HTTP_FOLLOW;
    return *this;
  }
  // What is collected for http_end::body; beyond, the request ends with VAP_E_LIMIT. Also the most
  // that one event may hold.
  http_call& most_body(std::size_t bytes) {
    most_body_ = bytes;
    return *this;
  }

  template <class F>  // f(const http_head&)
  http_call& on_head(F&& f) {
    on_head_ = handler_of<http_head>(std::forward<F>(f));
    return *this;
  }
  // Of an answer below 400: its body as server-sent events, or as it comes.
  template <class F>  // f(const sse_event&)
  http_call& on_event(F&& f) {
    on_event_ = handler_of<sse_event>(std::forward<F>(f));
    return *this;
  }
  template <class F>  // f(std::string_view)
  http_call& on_chunk(F&& f) {
    on_chunk_ = handler_of<std::string_view>(std::forward<F>(f));
    return *this;
  }
  // Once, and last: also where the host refuses the request, and then before send() returns.
  template <class F>  // f(const http_end&)
  http_call& on_end(F&& f) {
    on_end_ = handler_of<http_end>(std::forward<F>(f));
    return *this;
  }

  // Sends it, once. With a kept reply: that is ended after on_end, where on_end has left it; as a
  // failure, where the request was no success. With somebody else's reply or turn (of which only
  // the number is taken): cut when that ends. With nothing: the agent's own. 0: it was refused.
  http_id send(reply&& r) {
    const vap_reply_t of = r.id();  // before it moves
    return dispatch(of, std::move(r));
  }
  http_id send(const speech& of) { return dispatch(of.id(), {}); }
  http_id send() { return dispatch(0, {}); }

 private:
  friend class http;
  http_call(http& home, std::string_view method, std::string_view url, std::string_view body)
      : home_(&home), method_(method), url_(url), body_(body) {}
  inline http_id dispatch(vap_reply_t of, reply owned);

  http* home_;
  std::string method_, url_, body_;
  std::vector<std::pair<std::string, std::string>> headers_;
  http_timeouts timeouts_;
  vap_http_flags_t flags_ = 0;
  std::size_t most_body_ = std::size_t{1024} * 1024;
  handler_of<http_head> on_head_;
  handler_of<sse_event> on_event_;
  handler_of<std::string_view> on_chunk_;
  handler_of<http_end> on_end_;
};

// The host's client, as one agent has it: a member of the agent, `vap::http http{abi()};`. Where
// the host has none, every request is refused with VAP_E_UNSUPPORTED. [any]
class http {
 public:
  explicit http(const vap_host_t* h)
      : host_(h), client_(host_.find<vap_ext_http_t>(VAP_EXT_HTTP)) {}
  http(const http&) = delete;
  http& operator=(const http&) = delete;

  explicit operator bool() const noexcept { return client_ != nullptr; }

  http_call request(std::string_view method, std::string_view url, std::string_view body = {}) {
    return {*this, method, url, body};
  }
  http_call get(std::string_view url) { return request("GET", url); }
  http_call post(std::string_view url, std::string_view json) {
    http_call call = request("POST", url, json);
    call.header("Content-Type", "application/json");
    return call;
  }

  // True: it was under way, and its on_end comes soon, with VAP_E_CANCELLED.
  bool cancel(http_id id) const noexcept { return client_ && client_->cancel(host_.abi, id) >= 0; }
  // Opens a connection for the first request to find. False, and a line in the log: refused.
  bool warm(std::string_view url) const noexcept {
    vap_error_t why{};
    if (client_ && client_->warm(host_.abi, str(url), &why) >= 0) return true;
    host_.log(VAP_LOG_WARN, client_ ? why.message : "this host has no vap.http/1");
    return false;
  }

 private:
  friend class http_call;

  // One request on its way.
  struct flight {
    flight(http_call&& c, reply&& r) : call(std::move(c)), answer(std::move(r)) {}
    http_call call;
    reply answer;
    sse_parser events{call.most_body_};
    std::uint64_t number = 0;  // ours: known before the host's
    http_id id = 0;            // the host's: written before the first callback
    int status = 0;            // of HTTP
    std::string body;
    vap_error_t trouble{};  // ours, not the host's
  };

  http_id send(vap_reply_t of, std::unique_ptr<flight> owned) {
    vap_error_t why{};
    vap_status_t status = VAP_E_UNSUPPORTED;
    http_id id = 0;
    if (client_ == nullptr) {
      explain(&why, status, "this host has no vap.http/1");
    } else {
      owned = flights_.launch(std::move(owned), [&](flight& f) {
        status = begin(of, &f, &why);
        id = f.id;
        return status;
      });
    }
    if (!owned) return id;
    end(*owned, {status, 0, VAP_HTTP_TIMEOUT_NONE, why.message, {}, {}, {}});
    return 0;
  }

  vap_status_t begin(vap_reply_t of, flight* user, vap_error_t* why) {
    const http_call& call = user->call;
    std::vector<vap_http_header_t> headers;
    for (const auto& [name, value] : call.headers_) headers.push_back({str(name), str(value)});
    vap_http_request_t request{};
    request.struct_size = sizeof request;
    request.flags = call.flags_;
    request.method = str(call.method_);
    request.url = str(call.url_);
    request.headers = headers.data();
    request.header_count = headers.size();
    request.body = str(call.body_);
    request.connect_ms = ms(call.timeouts_.connect);
    request.first_byte_ms = ms(call.timeouts_.first_byte);
    request.idle_ms = ms(call.timeouts_.idle);
    request.whole_ms = ms(call.timeouts_.whole);
    const vap_http_handler_t handler{sizeof handler, 0, on_head, on_chunk, on_end};
    return client_->send(host_.abi, of, &request, &handler, user, &user->id, why);
  }

  static std::uint32_t ms(std::chrono::milliseconds t) noexcept {
    const std::int64_t longest = UINT32_MAX;
    return static_cast<std::uint32_t>(t.count() < 0         ? 0
                                      : t.count() < longest ? t.count()
                                                            : longest);
  }

  static flight& of(void* user) noexcept { return *static_cast<flight*>(user); }

  // The first trouble counts: nothing more is handed on, and on_end hears of it.
  static void give_up(flight& f) noexcept { f.call.home_->cancel(f.id); }
  template <class F>
  static void handle(flight& f, F&& run) noexcept {
    if (f.trouble.code < 0) return;
    if (guarded(&f.trouble, std::forward<F>(run)) < 0) give_up(f);
  }

  static void VAP_CALL on_head(void* user, const vap_http_head_t* head) noexcept {
    flight& f = of(user);
    f.status = head->http_status;
    handle(f, [&] {
      if (f.call.on_head_)
        f.call.on_head_(f.answer, {head->http_status, head->headers, head->header_count});
    });
  }

  static void VAP_CALL on_chunk(void* user, vap_str_t bytes) noexcept {
    flight& f = of(user);
    handle(f, [&] { return take(f, view(bytes)); });
  }

  static vap_status_t take(flight& f, std::string_view bytes) {
    http_call& call = f.call;
    const bool refused = f.status >= 400;
    if (!refused && call.on_chunk_) call.on_chunk_(f.answer, bytes);
    if (!refused && call.on_event_) {
      const auto tell = [&](const sse_event& event) { call.on_event_(f.answer, event); };
      if (!f.events.feed(bytes, tell))
        return explain(&f.trouble, VAP_E_LIMIT, "an event of the answer is too large");
    }
    if (!refused && (call.on_chunk_ || call.on_event_)) return VAP_OK;
    const std::size_t room = call.most_body_ - f.body.size();
    f.body.append(bytes.substr(0, room));
    if (bytes.size() <= room || refused) return VAP_OK;
    return explain(&f.trouble, VAP_E_LIMIT, "the body of the answer is too large");
  }

  static void VAP_CALL on_end(void* user, const vap_http_end_t* end_of) noexcept {
    http& home = *of(user).call.home_;
    const std::unique_ptr<flight> f = home.flights_.land(of(user));
    http_end end_as{end_of->status,
                    end_of->http_status,
                    end_of->timeout,
                    view(end_of->message),
                    {},
                    std::chrono::milliseconds(end_of->first_byte_ms),
                    std::chrono::milliseconds(end_of->whole_ms)};
    home.end(*f, end_as);
  }

  // The last word on f, which is nobody else's any more.
  void end(flight& f, http_end how) noexcept {
    if (f.trouble.code < 0) how.status = f.trouble.code, how.message = f.trouble.message;
    how.body = f.body;
    say_last(host_, f.answer, how, f.call.on_end_);
  }

  const host host_;
  const vap_ext_http_t* const client_;
  flights<flight> flights_;
};

inline http_id http_call::dispatch(vap_reply_t of, reply owned) {
  http& home = *home_;
  return home.send(of, std::make_unique<http::flight>(std::move(*this), std::move(owned)));
}

}  // namespace vap
