// SPDX-License-Identifier: MIT
//
// What http.hpp promises to the author of an agent, on a service that answers when the test says
// so. Nothing goes over any wire.
#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vap/http.hpp>
#include <vap/vap.hpp>
#include <vector>

#include "harness.h"

namespace {

using abi::Answer;
using abi::ToyHost;
using namespace std::chrono_literals;

// vap.http/1 in memory. One at a time: its C functions have nothing to know it by.
class Service {
 public:
  explicit Service(ToyHost& host) {
    static const vap_ext_http_t table{send, cancel, warm};
    host.further[VAP_EXT_HTTP] = &table;
    current() = this;
  }
  ~Service() { current() = nullptr; }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  struct Sent {
    std::string method, url, body, headers;
    vap_reply_t reply = 0;
    std::uint32_t times[4] = {};
    vap_http_flags_t flags = 0;
    vap_http_handler_t handler{};
    void* user = nullptr;
    bool cancelled = false;
  };
  std::deque<Sent> sent;
  std::vector<std::string> warmed;
  vap_status_t refusal = VAP_OK;

  void head(std::size_t i, int status) {
    const vap_http_header_t header{abi::str("content-type"), abi::str("text/event-stream")};
    const vap_http_head_t given{sizeof given, status, &header, 1};
    sent[i].handler.on_head(sent[i].user, &given);
  }
  void chunk(std::size_t i, std::string_view bytes) {
    sent[i].handler.on_chunk(sent[i].user, abi::str(bytes));
  }
  void end(std::size_t i, int http_status, vap_status_t status = VAP_OK,
           std::string_view why = "") {
    const vap_http_end_t given{
        sizeof given, status, http_status, VAP_HTTP_TIMEOUT_NONE, abi::str(why), 5, 9};
    sent[i].handler.on_end(sent[i].user, &given);
  }

 private:
  static Service*& current() {
    static Service* one = nullptr;
    return one;
  }
  static vap_status_t VAP_CALL send(const vap_host_t*, vap_reply_t reply,
                                    const vap_http_request_t* r, const vap_http_handler_t* handler,
                                    void* user, std::uint64_t* id, vap_error_t* why) noexcept {
    Service& me = *current();
    if (me.refusal < 0) return vap::explain(why, me.refusal, "not to you");
    Sent& one = me.sent.emplace_back();
    one.method = abi::view(r->method);
    one.url = abi::view(r->url);
    one.body = abi::view(r->body);
    for (std::size_t i = 0; i < r->header_count; ++i)
      one.headers += std::string(abi::view(r->headers[i].name)) + "=" +
                     std::string(abi::view(r->headers[i].value)) + ";";
    one.reply = reply;
    one.times[0] = r->connect_ms;
    one.times[1] = r->first_byte_ms;
    one.times[2] = r->idle_ms;
    one.times[3] = r->whole_ms;
    one.flags = r->flags;
    one.handler = *handler;
    one.user = user;
    *id = me.sent.size();
    return VAP_OK;
  }
  static vap_status_t VAP_CALL cancel(const vap_host_t*, std::uint64_t id) noexcept {
    Service& me = *current();
    if (id == 0 || id > me.sent.size()) return VAP_E_NOT_FOUND;
    me.sent[id - 1].cancelled = true;
    return VAP_OK;
  }
  static vap_status_t VAP_CALL warm(const vap_host_t*, vap_str_t url, vap_error_t* why) noexcept {
    if (current()->refusal < 0) return vap::explain(why, current()->refusal, "not to you");
    current()->warmed.emplace_back(abi::view(url));
    return VAP_OK;
  }
};

// What an agent would have: the host, its client and a reply that it kept.
struct Bench {
  ToyHost host;
  Service service{host};
  vap::host face{host.abi()};
  vap::http http{host.abi()};
  vap_reply_t number = host.open();
  vap::reply reply() { return {&face, number}; }
  Answer answer() { return host.answer(number); }
};

TEST_SUITE("http") {
  TEST_CASE("a request is sent as it was written") {
    Bench b;
    const vap::http_id id = b.http.post("https://a.example/v1", "{}")
                                .header("Authorization", "Bearer {secret:a}")
                                .timeouts({1s, 2s, 3s, 4s})
                                .follow_redirects()
                                .send();
    CHECK(id == 1);
    const Service::Sent& sent = b.service.sent.at(0);
    CHECK(sent.method == "POST");
    CHECK(sent.url == "https://a.example/v1");
    CHECK(sent.body == "{}");
    CHECK(sent.headers == "Content-Type=application/json;Authorization=Bearer {secret:a};");
    CHECK(sent.times[0] == 1000);
    CHECK(sent.times[3] == 4000);
    CHECK(sent.flags == VAP_HTTP_FOLLOW);
    CHECK(sent.reply == 0);
    b.http.get("https://a.example/").send(b.reply());
    CHECK(b.service.sent.at(1).method == "GET");
    CHECK(b.service.sent.at(1).reply == b.number);
    b.service.end(0, 200);
    b.service.end(1, 200);
    CHECK(b.answer().status == VAP_OK);
    CHECK(b.http.warm("https://a.example"));
    CHECK(b.service.warmed == std::vector<std::string>{"https://a.example"});
  }

  TEST_CASE("events are spoken into the reply, which then ends by itself") {
    Bench b;
    b.http.post("https://a.example/", "{}")
        .on_event([](vap::reply& r, const vap::sse_event& e) { r.say(e.data); })
        .send(b.reply());
    b.service.head(0, 200);
    b.service.chunk(0, "data: Hel");
    b.service.chunk(0, "lo\n\ndata: !\n");
    CHECK(b.answer().said == "Hello");
    b.service.chunk(0, "\n");
    CHECK_FALSE(b.answer().ended);
    b.service.end(0, 200);
    CHECK(b.answer().said == "Hello!");
    CHECK(b.answer().ended);
    CHECK(b.answer().status == VAP_OK);
  }

  TEST_CASE("a refusal's body goes to on_end, and the reply has failed with it") {
    Bench b;
    int events = 0;
    std::string seen;
    b.http.post("https://a.example/", "{}")
        .on_event([&](const vap::sse_event&) { ++events; })
        .on_end([&](const vap::http_end& e) { seen = e.body; })
        .send(b.reply());
    b.service.head(0, 429);
    b.service.chunk(0, "data: slow ");
    b.service.chunk(0, "down\n\n");
    b.service.end(0, 429);
    CHECK(events == 0);
    CHECK(seen == "data: slow down\n\n");
    CHECK(b.answer().status == VAP_E_FAILED);
    CHECK(b.answer().why == "HTTP 429: data: slow down\n\n");
  }

  TEST_CASE("without a handler for pieces the whole body is at the end, up to a limit") {
    Bench b;
    std::string body;
    const auto keep = [&](const vap::http_end& e) {
      body = e.status >= 0 ? std::string(e.body) : std::string(e.message);
    };
    b.http.get("https://a.example/").most_body(5).on_end(keep).send();
    b.http.get("https://a.example/").most_body(5).on_end(keep).send();
    for (std::size_t i = 0; i < 2; ++i) b.service.head(i, 200);
    b.service.chunk(0, "abc");
    b.service.chunk(0, "de");
    b.service.end(0, 200);
    CHECK(body == "abcde");
    b.service.chunk(1, "abc");
    b.service.chunk(1, "def");
    CHECK(b.service.sent.at(1).cancelled);
    b.service.chunk(1, "g");
    b.service.end(1, 200, VAP_E_CANCELLED, "cut");
    CHECK(body == "the body of the answer is too large");
  }

  TEST_CASE("a handler that throws cuts its request, and nothing crosses the border") {
    Bench b;
    std::string seen;
    b.http.get("https://a.example/")
        .on_chunk([](std::string_view) { throw std::runtime_error("cannot read this"); })
        .on_end([&](vap::reply&, const vap::http_end& e) {
          seen = e.message;
          throw std::runtime_error("nor this");
        })
        .send(b.reply());
    b.service.head(0, 200);
    b.service.chunk(0, "x");
    CHECK(b.service.sent.at(0).cancelled);
    b.service.chunk(0, "y");
    b.service.end(0, 200, VAP_E_CANCELLED, "cut");
    CHECK(seen == "cannot read this");
    CHECK(b.answer().status == VAP_E_FAILED);
    CHECK(b.answer().why == "nor this");
  }

  TEST_CASE("what the host refuses ends at once, the same way") {
    Bench b;
    b.service.refusal = VAP_E_UNSUPPORTED;
    int ends = 0;
    const vap::http_id id = b.http.get("https://evil.example/")
                                .on_end([&](const vap::http_end& e) {
                                  ++ends;
                                  CHECK(e.status == VAP_E_UNSUPPORTED);
                                  CHECK(e.message == "not to you");
                                })
                                .send(b.reply());
    CHECK(id == 0);
    CHECK(ends == 1);
    CHECK(b.answer().status == VAP_E_FAILED);
    CHECK(b.answer().why == "not to you");
    CHECK_FALSE(b.http.warm("https://evil.example/"));
  }

  TEST_CASE("on a host without vap.http/1 every request is refused") {
    ToyHost host;
    vap::http http(host.abi());
    CHECK_FALSE(http);
    std::string why;
    http.get("https://a.example/").on_end([&](const vap::http_end& e) { why = e.message; }).send();
    CHECK(why == "this host has no vap.http/1");
    CHECK_FALSE(http.cancel(1));
  }

  TEST_CASE("on_end may leave the reply to somebody else") {
    Bench b;
    vap::reply kept;
    b.http.get("https://a.example/")
        .on_end([&](vap::reply& r, const vap::http_end&) { kept = std::move(r); })
        .send(b.reply());
    b.service.end(0, 500);
    CHECK_FALSE(b.answer().ended);
    kept.say("another model");
    kept.end();
    CHECK(b.answer().status == VAP_OK);
  }

  TEST_CASE("an agent that goes leaves nothing behind of what never ended") {
    const auto token = std::make_shared<int>(0);
    {
      Bench b;
      b.http.get("https://a.example/").on_end([token](const vap::http_end&) {}).send(b.reply());
      CHECK(token.use_count() == 2);
    }
    CHECK(token.use_count() == 1);
  }
}

}  // namespace
