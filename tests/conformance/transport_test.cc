// SPDX-License-Identifier: MIT
// Protocol §8, cases 1 to 14: what the pipeline may send, and how it is framed.
#include <doctest/doctest.h>

#include "conformance/hosts.h"

namespace patchbay::test {
namespace {

Answer echo(const Webhook& webhook) {
  return send(shipped_host().port(), webhook);
}

Webhook hello() {
  Webhook webhook;
  webhook.body = message("hello");
  return webhook;
}

TEST_SUITE("transport") {
  TEST_CASE("a signed message is answered by a stream of events that ends (case 1)") {
    const Answer answer = echo(hello());
    CHECK(answer.status == 200);
    CHECK(answer.header("content-type").starts_with("text/event-stream"));
    CHECK(answer.header("cache-control") == "no-cache, no-transform");
    CHECK(answer.spoken() == "You said: hello");
    CHECK(answer.ends() == 1);
    CHECK(answer.events().back()["type"] == "response.end");
    CHECK(answer.whole);
  }

  TEST_CASE("a stream asks proxies not to buffer it" *
            not_behind(ProxyKind::nginx, "it obeys, and does not hand it on")) {
    CHECK(echo(hello()).header("x-accel-buffering") == "no");
  }

  TEST_CASE("a GET of the webhook's path is refused with the method it wants (case 2)") {
    const Answer answer = get(shipped_host().port(), "/api/agent");
    CHECK(answer.status == 405);
    CHECK(answer.header("allow") == "POST");
    CHECK(Json::parse(answer.body)["error"]["code"] == "method_not_allowed");
  }

  TEST_CASE("PUT and DELETE of the webhook's path are refused (case 3)") {
    for (const char* method : {"PUT", "DELETE", "PATCH"}) {
      const Answer answer = send_raw(
          shipped_host().port(),
          std::string(method) + " /api/agent HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
      CHECK(answer.status == 405);
    }
  }

  TEST_CASE("an unknown path is a 404 in JSON (case 4)") {
    Webhook webhook = hello();
    webhook.path = "/nowhere";
    const Answer answer = echo(webhook);
    CHECK(answer.status == 404);
    CHECK(answer.header("content-type") == "application/json");
    CHECK(Json::parse(answer.body)["error"]["hint"].is_string());
  }

  TEST_CASE("a path that a stranger made up fills neither the log nor the answer") {
    Webhook webhook = hello();
    webhook.path = "/agents/made-up-" + std::string(5000, 'x');
    const Answer answer = echo(webhook);
    CHECK(answer.status == 404);
    CHECK(answer.body.size() < 400);
    CHECK(shipped_host().logs("path=/agents/made-up-xxx"));
    CHECK(shipped_host().log().find(std::string(200, 'x')) == std::string::npos);
  }

  TEST_CASE("an unknown agent is a 404, signed or not") {
    Webhook webhook = hello();
    webhook.path = "/agents/nobody";
    CHECK(echo(webhook).status == 404);
    webhook.is_signed = false;
    CHECK(echo(webhook).status == 404);
  }

  TEST_CASE("a trailing slash changes nothing, and redirects nobody (case 5)") {
    Webhook webhook = hello();
    webhook.path = "/api/agent/";
    CHECK(echo(webhook).spoken() == "You said: hello");
    webhook.path = "/agents/echo/";
    CHECK(echo(webhook).spoken() == "You said: hello");
  }

  TEST_CASE("the content type does not matter, the signature does (case 6)") {
    for (const char* type :
         {"Content-Type: application/json; charset=utf-8", "Content-Type: text/plain",
          "Content-Type: application/x-www-form-urlencoded"}) {
      Webhook webhook = hello();
      webhook.headers = {type};
      CHECK(echo(webhook).spoken() == "You said: hello");
    }
  }

  TEST_CASE("a chunked body is the same body (case 7)") {
    Webhook webhook = hello();
    webhook.chunked = true;
    CHECK(echo(webhook).spoken() == "You said: hello");
  }

  TEST_CASE("a body over the limit is refused before it is read (case 8)" *
            not_behind(ProxyKind::haproxy, "it waits for the body first")) {
    const Answer answer =
        send_raw(shipped_host().port(),
                 "POST /api/agent HTTP/1.1\r\nHost: x\r\nContent-Length: 8388609\r\n\r\n");
    CHECK(answer.status == 413);
    CHECK(answer.header("connection") == "close");
  }

  TEST_CASE("a chunked body over the limit is refused while it comes (case 8)") {
    Line line(shipped_host().port());
    // Unsigned, it would be a 401 long before.
    line.send("POST /api/agent HTTP/1.1\r\nHost: x\r\nlayercode-signature: " +
              signature("", test_secret, std::time(nullptr)) +
              "\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "100000\r\n" + std::string(1 << 20, ' ') + "\r\n";
    for (int i = 0; i < 9; ++i) line.send(chunk);
    CHECK(line.read_answer().status == 413);
  }

  TEST_CASE("the signature header's name may be written in any case (case 9)") {
    const std::string body = message("hello");
    const Answer answer =
        send_raw(shipped_host().port(),
                 "POST /api/agent HTTP/1.1\r\nHost: x\r\nLAYERCODE-Signature: " +
                     signature(body, test_secret, std::time(nullptr)) +
                     "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    CHECK(answer.spoken() == "You said: hello");
  }

  TEST_CASE("two signature headers are two claims, and neither counts (case 10)") {
    Webhook webhook = hello();
    webhook.headers = {"layercode-signature: " + signature(webhook.body, test_secret, webhook.at)};
    CHECK(echo(webhook).status == 401);
  }

  TEST_CASE("a connection serves the next request after a stream (case 11)") {
    Line line(shipped_host().port());
    for (int i = 0; i < 20; ++i) {
      line.send(hello().request());
      const Answer answer = line.read_answer();
      CHECK(answer.spoken() == "You said: hello");
      CHECK(answer.whole);
    }
  }

  TEST_CASE("requests sent without waiting are answered in their order") {
    Line line(shipped_host().port());
    std::string all;
    for (int i = 0; i < 5; ++i) {
      Webhook webhook;
      webhook.body = message("number " + std::to_string(i), "conv_" + std::to_string(i));
      all += webhook.request();
    }
    line.send(all);
    for (int i = 0; i < 5; ++i)
      CHECK(line.read_answer().spoken() == "You said: number " + std::to_string(i));
  }

  TEST_CASE("a stream is never compressed (case 12)") {
    Webhook webhook = hello();
    webhook.headers = {"Accept-Encoding: gzip, br"};
    const Answer answer = echo(webhook);
    CHECK(answer.header("content-encoding").empty());
    CHECK(answer.spoken() == "You said: hello");
  }

  TEST_CASE("a compressed request is refused as such") {
    Webhook webhook = hello();
    webhook.headers = {"Content-Encoding: gzip"};
    CHECK(echo(webhook).status == 415);
  }

  TEST_CASE("the preflight of authorize is answered with what a browser asks for (case 13)") {
    const Answer answer =
        send_raw(shipped_host().port(),
                 "OPTIONS /api/authorize HTTP/1.1\r\nHost: x\r\nOrigin: https://ui.example\r\n"
                 "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: "
                 "content-type\r\n\r\n",
                 true);
    CHECK(answer.status == 204);
    CHECK(answer.header("access-control-allow-origin") == "*");
    CHECK(answer.header("access-control-allow-methods").find("POST") != std::string::npos);
    CHECK(answer.header("access-control-allow-headers").find("content-type") != std::string::npos);
  }

  TEST_CASE("machines can ask whether the host is alive and ready (case 14)") {
    const std::uint16_t port = shipped_host().port();
    CHECK(Json::parse(get(port, "/health").body)["status"] == "ok");
    CHECK(get(port, "/livez").status == 200);
    CHECK(Json::parse(get(port, "/readyz").body)["status"] == "ready");
    CHECK(send_raw(port, "HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n", true).status == 200);
  }

  TEST_CASE("an HTTP/1.0 client gets a stream that ends with its connection") {
    Webhook webhook = hello();
    std::string request = webhook.request();
    request.replace(request.find("HTTP/1.1"), 8, "HTTP/1.0");
    Line line(shipped_host().port());
    line.send(request);
    const Answer answer = line.read_answer();
    CHECK(answer.header("transfer-encoding").empty());
    CHECK(answer.spoken() == "You said: hello");
  }

  TEST_CASE("a client that waits for 100 Continue is told to go on") {
    const std::string body = message("hello");
    Line line(shipped_host().port());
    line.send(
        "POST /api/agent HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nlayercode-signature: " +
        signature(body, test_secret, std::time(nullptr)) +
        "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    CHECK(line.read_head().status == 100);
    line.send(body);
    CHECK(line.read_answer().spoken() == "You said: hello");
  }
}

}  // namespace
}  // namespace patchbay::test
