// SPDX-License-Identifier: MIT
#include "codec/http_response.h"

#include <doctest/doctest.h>

#include <string>

namespace patchbay {
namespace {

TEST_SUITE("http_response") {
  TEST_CASE("an error is JSON with its status") {
    const std::string bytes = encode_response(
        error_response(404, {"not_found", "nothing is at /x", "see the agents"}), true);
    CHECK(bytes.starts_with("HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n"));
    CHECK(bytes.find("\r\nConnection: keep-alive\r\n") != std::string::npos);
    const std::string body = bytes.substr(bytes.find("\r\n\r\n") + 4);
    CHECK(body.starts_with("{\"error\":"));
    CHECK(body.find("\"not_found\"") != std::string::npos);
    CHECK(bytes.find("Content-Length: " + std::to_string(body.size()) + "\r\n") !=
          std::string::npos);
  }

  TEST_CASE("no reason and no header can split an answer in two") {
    HttpResponse response;
    response.status = 402;
    response.reason = "no\r\nInjected: yes";
    response.headers = {{"X-A\r\nB", std::string("1\r\n\r\nbody\0", 10)}};
    response.content_type = "text/plain\nX: y";
    response.body = "b";
    const std::string bytes = encode_response(response, false);
    CHECK(bytes.starts_with("HTTP/1.1 402 noInjected: yes\r\n"));
    CHECK(bytes.find("\r\nInjected") == std::string::npos);
    CHECK(bytes.find("\r\nX-AB: 1body\r\n") != std::string::npos);
    CHECK(bytes.find("\r\nContent-Type: text/plainX: y\r\n") != std::string::npos);
    CHECK(bytes.ends_with("Connection: close\r\n\r\nb"));
  }

  TEST_CASE("204 has neither body nor length") {
    HttpResponse response;
    response.status = 204;
    const std::string bytes = encode_response(response, true);
    CHECK(bytes == "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n");
  }

  TEST_CASE("an empty answer says that it is empty") {
    const std::string bytes = encode_response({}, true);
    CHECK(bytes == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
  }

  TEST_CASE("a status without a usual phrase still has one") {
    HttpResponse response;
    response.status = 599;
    CHECK(encode_response(response, true).starts_with("HTTP/1.1 599 Status\r\n"));
  }

  TEST_CASE("the head of an event stream keeps its promise to the pipeline") {
    CHECK(encode_event_stream_head(true, true) ==
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
          "Cache-Control: no-cache, no-transform\r\nX-Accel-Buffering: no\r\n"
          "Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n");
  }

  TEST_CASE("without chunks the connection ends with the stream") {
    const std::string head = encode_event_stream_head(false, true);
    CHECK(head.find("Transfer-Encoding") == std::string::npos);
    CHECK(head.ends_with("\r\nConnection: close\r\n\r\n"));
  }
}

}  // namespace
}  // namespace patchbay
