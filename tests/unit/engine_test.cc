// SPDX-License-Identifier: MIT
#include "street/engine.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "codec/http_response.h"

namespace patchbay {
namespace {

// Endpoints that note who was called, and what came out at the socket's other end.
struct Street {
  std::vector<std::string> calls;
  std::vector<Endpoint> endpoints;
  std::array<int, 2> ends{-1, -1};

  Street(std::initializer_list<std::pair<std::string, std::string>> paths) {
    for (const auto& [method, pattern] : paths) {
      endpoints.push_back(
          {method, pattern, [this, called = method + ' ' + pattern](Exchange&& exchange) {
             calls.push_back(called + " <- " + exchange.request.path);
             exchange.stream->answer(encode_response({}, true));
           }});
    }
  }
  Street(const Street&) = delete;
  Street& operator=(const Street&) = delete;

  std::string serve(const std::string& method, const std::string& path, bool keep_alive = true) {
    Engine engine(endpoints);
    std::string all;
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
    Exchange exchange;
    exchange.stream = std::make_shared<Stream>(
        Stream::Setup{.socket = ends[0], .keep_alive = keep_alive, .head_only = method == "HEAD"});
    const auto stream = exchange.stream;
    exchange.request.method = method;
    exchange.request.path = path;
    exchange.request.headers = {{"range", "bytes=0-0"}, {"content-encoding", "gzip"}};
    exchange.request.body = "a body that stays with us";
    engine.serve(std::move(exchange));
    stream->hang_up();
    std::array<char, 4096> some{};
    for (ssize_t n = 0; (n = read(ends[1], some.data(), some.size())) > 0;) {
      all.append(some.data(), static_cast<std::size_t>(n));
    }
    close(ends[0]);
    close(ends[1]);
    return all;
  }
};

TEST_SUITE("engine") {
  TEST_CASE("method and path find their endpoint, a prefix all paths below it") {
    Street street({{"POST", "/api/agent"},
                   {"GET", "/health"},
                   {"POST", "/agents/*"},
                   {"GET", "/"},
                   {"PUT", "/x"},
                   {"PATCH", "/x"},
                   {"DELETE", "/x"},
                   {"OPTIONS", "/x"}});
    street.serve("POST", "/api/agent");
    street.serve("POST", "/agents/bakery");
    street.serve("POST", "/agents/a/b");
    street.serve("GET", "/");
    for (const char* method : {"PUT", "PATCH", "DELETE", "OPTIONS"}) street.serve(method, "/x");
    CHECK(street.calls == std::vector<std::string>{
                              "POST /api/agent <- /api/agent", "POST /agents/* <- /agents/bakery",
                              "POST /agents/* <- /agents/a/b", "GET / <- /", "PUT /x <- /x",
                              "PATCH /x <- /x", "DELETE /x <- /x", "OPTIONS /x <- /x"});
  }

  TEST_CASE("what the head decides is told before there is a body") {
    Street street({{"POST", "/api/agent"}, {"GET", "/health"}, {"POST", "/agents/*"}});
    street.endpoints[2].refusal = [](const Head& head) {
      return std::optional(
          error_response(401, {"unauthorized", std::string(head.path), head.peer.text()}));
    };
    const Engine engine(street.endpoints);
    const auto refusal = [&](const std::string& method, const std::string& path) {
      HttpRequest request;
      request.method = method;
      request.path = path;
      return engine.refusal(request, Peer());
    };
    CHECK_FALSE(refusal("POST", "/api/agent"));
    CHECK_FALSE(refusal("POST", "/api/agent/"));
    CHECK(refusal("POST", "/nope")->status == 404);
    CHECK(refusal("POST", "/agents/")->status == 404);
    const auto wrong = refusal("PUT", "/health/");
    CHECK(wrong->status == 405);
    CHECK(wrong->headers == decltype(wrong->headers){{"Allow", "GET, HEAD"}});
    CHECK(refusal("POST", "/agents/x/")->body.find("\"/agents/x\"") != std::string::npos);
    CHECK(street.calls.empty());
  }

  TEST_CASE("a trailing slash is the same path, and is gone when the endpoint sees it") {
    Street street({{"POST", "/api/agent"}, {"POST", "/agents/*"}});
    street.serve("POST", "/api/agent/");
    street.serve("POST", "/agents/bakery/");
    CHECK(street.calls == std::vector<std::string>{"POST /api/agent <- /api/agent",
                                                   "POST /agents/* <- /agents/bakery"});
    CHECK(street.serve("POST", "/agents/").starts_with("HTTP/1.1 404 "));
    CHECK(street.serve("POST", "/api/agent//").starts_with("HTTP/1.1 404 "));
  }

  TEST_CASE("a path means its bytes: nothing is decoded, no pattern is an expression") {
    Street street({{"POST", "/api/agent"}, {"GET", "/a.b"}, {"GET", "/agents/*"}});
    for (const char* path : {"/api%2Fagent", "/api/%61gent", "/api/agent%00", "/api/agent?x",
                             "/axb", "/API/agent", "/api/agent#f", "/agents"}) {
      CAPTURE(path);
      CHECK(street.serve("POST", path).starts_with("HTTP/1.1 40"));
      CHECK(street.serve("GET", path).starts_with("HTTP/1.1 40"));
    }
    CHECK(street.calls.empty());
    street.serve("GET", "/agents/a%2Fb+c");
    CHECK(street.calls == std::vector<std::string>{"GET /agents/* <- /agents/a%2Fb+c"});
  }

  TEST_CASE("a path of any length is routed, with no more stack than a short one") {
    Street street({{"POST", "/agents/*"}, {"POST", "/api/agent"}});
    street.serve("POST", "/agents/" + std::string(100'000, 'x'));
    CHECK(street.calls.size() == 1);
    CHECK(street.serve("POST", "/api/agent" + std::string(100'000, 'x'))
              .starts_with("HTTP/1.1 404 "));
  }

  TEST_CASE("a path that nobody knows is 404, in JSON") {
    Street street({{"GET", "/health"}});
    const std::string answer = street.serve("POST", "/nowhere");
    CHECK(answer.starts_with("HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n"));
    CHECK(answer.find("{\"error\":{\"code\":\"not_found\"") != std::string::npos);
    CHECK(answer.find("\r\nConnection: keep-alive\r\n") != std::string::npos);
    CHECK(answer.find("Allow") == std::string::npos);
    CHECK(street.serve("POST", "/nowhere", false).find("\r\nConnection: close\r\n") !=
          std::string::npos);
  }

  TEST_CASE("a method that a path does not know is 405, and Allow lists the ones it knows") {
    Street street({{"POST", "/api/authorize"},
                   {"OPTIONS", "/api/authorize"},
                   {"GET", "/health"},
                   {"POST", "/agents/*"}});
    for (const char* method :
         {"GET", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "x"}) {
      CAPTURE(method);
      const std::string answer = street.serve(method, "/api/authorize/");
      CHECK(answer.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
      CHECK(answer.find("\r\nAllow: POST, OPTIONS\r\n") != std::string::npos);
    }
    CHECK(street.serve("PUT", "/health").find("\r\nAllow: GET, HEAD\r\n") != std::string::npos);
    CHECK(street.serve("GET", "/agents/x").find("\r\nAllow: POST\r\n") != std::string::npos);
    CHECK(street.serve("PROPFIND", "/nowhere").starts_with("HTTP/1.1 404 "));
    CHECK(street.calls.empty());
  }

  TEST_CASE("a GET endpoint answers HEAD too, without the body") {
    Street street({{"GET", "/health"}});
    CHECK(street.serve("HEAD", "/health").starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(street.calls.size() == 1);
    const std::string refused = street.serve("HEAD", "/nowhere");
    CHECK(refused.starts_with("HTTP/1.1 404 "));
    CHECK(refused.ends_with("\r\n\r\n"));
  }

  TEST_CASE("what an endpoint throws is a 500 that does not tell") {
    Street street({});
    street.endpoints.push_back(
        {"GET", "/a", [](Exchange&&) { throw std::runtime_error("secret"); }});
    street.endpoints.push_back({"GET", "/b", [](Exchange&& exchange) {
                                  const Exchange mine = std::move(exchange);
                                  throw 7;
                                }});
    for (const char* path : {"/a", "/b"}) {
      const std::string answer = street.serve("GET", path);
      CHECK(answer.starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
      CHECK(answer.find("\"internal_error\"") != std::string::npos);
      CHECK(answer.find("secret") == std::string::npos);
    }
  }
}

}  // namespace
}  // namespace patchbay
