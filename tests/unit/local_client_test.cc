// SPDX-License-Identifier: MIT
#include "machine/local_client.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "street/server.h"
#include "support/temp_dir.h"

namespace patchbay {
namespace {

// A server that answers with what it was asked.
struct Mirror {
  Log log{LogLevel::off, LogFormat::text};
  std::unique_ptr<Server> server;

  explicit Mirror(const std::string& socket) {
    std::vector<Endpoint> endpoints;
    for (const char* method : {"GET", "POST", "PUT", "DELETE"}) {
      endpoints.push_back({method, "/asked", [](Exchange&& exchange) {
                             HttpResponse response;
                             response.content_type = "text/plain";
                             response.body = exchange.request.method + " " + exchange.request.path +
                                             " " + std::string(exchange.request.header("host")) +
                                             " " + exchange.request.body;
                             exchange.stream->answer(encode_response(response, false));
                           }});
    }
    Server::Options options;
    options.address = {"127.0.0.1", 0};
    options.socket = socket;
    auto started = Server::start(options, std::move(endpoints), log);
    REQUIRE(started);
    server = *std::move(started);
  }
};

std::string body_of(const Result<HttpResponse>& answer) {
  REQUIRE_MESSAGE(answer, answer.error().text());
  CHECK(answer->status == 200);
  CHECK(answer->content_type == "text/plain");
  return answer->body;
}

TEST_SUITE("local_client") {
  TEST_CASE("every method arrives with its body, and the host is this machine") {
    const test::TempDir place;
    const Mirror mirror(place.of("x.sock"));
    for (const std::string method : {"POST", "PUT", "DELETE"}) {
      CHECK(body_of(fetch({place.of("x.sock"), method, "/asked", "hello"})) ==
            method + " /asked localhost hello");
    }
    CHECK(body_of(fetch({place.of("x.sock"), "GET", "/asked"})) == "GET /asked localhost ");
  }

  TEST_CASE("a bad status is an answer") {
    const test::TempDir place;
    const Mirror mirror(place.of("x.sock"));
    const auto answer = fetch({place.of("x.sock"), "GET", "/nowhere"});
    REQUIRE(answer);
    CHECK(answer->status == 404);
  }

  TEST_CASE("where nobody answers, the error names the place") {
    const test::TempDir place;
    const auto gone = fetch({place.of("x.sock"), "GET", "/asked"});
    REQUIRE(!gone);
    CHECK(gone.error().message.starts_with(place.of("x.sock") + " does not answer: "));
    CHECK(gone.error().hint == "check that a host runs there");
  }
}

}  // namespace
}  // namespace patchbay
