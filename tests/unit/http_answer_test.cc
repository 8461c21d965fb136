// SPDX-License-Identifier: MIT
#include "codec/http_answer.h"

#include <doctest/doctest.h>

#include "codec/http_response.h"

namespace patchbay {
namespace {

struct Read {
  HttpAnswerHead head;
  std::string body;
  bool done = false;
  std::string fault;  // the Error's code
};

// In two pieces, then the connection is closed.
Read read_cut(std::string_view bytes, std::size_t cut) {
  HttpAnswerReader reader;
  Read read;
  for (const std::string_view piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
    if (!read.fault.empty()) break;
    if (const Problem wrong = reader.feed(piece, read.body)) read.fault = wrong->code;
  }
  read.done = reader.done();
  if (read.fault.empty()) {
    if (const Problem wrong = reader.finish()) read.fault = wrong->code;
  }
  read.head = reader.head();
  return read;
}

// Cut at every place, with one result.
Read read_any_cut(std::string_view bytes) {
  Read whole = read_cut(bytes, bytes.size());
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    CAPTURE(cut);
    const Read read = read_cut(bytes, cut);
    CHECK(read.body == whole.body);
    CHECK(read.fault == whole.fault);
    CHECK(read.done == whole.done);
    CHECK(read.head.headers == whole.head.headers);
  }
  return whole;
}

TEST_SUITE("http_answer") {
  TEST_CASE("the host's own answers are read") {
    const Read refused = read_any_cut(
        encode_response(error_response(401, {"unauthorized", "no", "sign it"}), false));
    CHECK(refused.head.status == 401);
    CHECK(refused.head.reason == "Unauthorized");
    CHECK(refused.head.header("content-type") == "application/json");
    CHECK(refused.body == R"({"error":{"code":"unauthorized","message":"no","hint":"sign it"}})");
    CHECK(refused.done);
    const Read stream =
        read_any_cut(encode_event_stream_head(true, true) + "5\r\ndata:\r\n3\r\n x\n\r\n0\r\n\r\n");
    CHECK(stream.head.header("content-type") == "text/event-stream");
    CHECK(stream.body == "data: x\n");
    CHECK(stream.done);
  }

  TEST_CASE("a body with a length ends there") {
    const Read read = read_any_cut("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nokjunk");
    CHECK(read.body == "ok");
    CHECK(read.done);
    CHECK(read_any_cut("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").done);
  }

  TEST_CASE("a body without length or chunks ends with the connection") {
    const Read read = read_any_cut("HTTP/1.0 200 OK\r\n\r\nwhatever");
    CHECK(read.body == "whatever");
    CHECK(!read.done);
    CHECK(read.fault.empty());
  }

  TEST_CASE("204 and 304 have no body") {
    CHECK(read_any_cut("HTTP/1.1 204 No Content\r\n\r\n").done);
    CHECK(read_any_cut("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n").done);
  }

  TEST_CASE("interim answers are read over") {
    const Read read = read_any_cut(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    CHECK(read.head.status == 200);
    CHECK(read.body == "x");
    CHECK(read.head.header("link").empty());
  }

  TEST_CASE("bare line feeds are taken for line ends") {
    CHECK(read_any_cut("HTTP/1.1 200 OK\nContent-Length: 1\n\nx").body == "x");
  }

  TEST_CASE("an answer that breaks off is cut") {
    for (const std::string_view bytes :
         {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"}) {
      CAPTURE(bytes);
      CHECK(read_any_cut(bytes).fault == "answer_cut");
    }
  }

  TEST_CASE("what is no HTTP is malformed") {
    for (const std::string_view bytes :
         {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 20\r\n\r\n",
          "HTTP/1.1 2000\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n", "HTTP/1.1 200 OK\r\nNo colon\r\n\r\n",
          "HTTP/1.1 200 OK\r\n Folded: x\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz"}) {
      CAPTURE(bytes);
      CHECK(read_any_cut(bytes).fault == "answer_malformed");
    }
    HttpAnswerReader reader;
    std::string body;
    CHECK(reader.feed("HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x'), body));
  }

  TEST_CASE("what was not asked for is not supported") {
    CHECK(read_any_cut("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n").fault ==
          "answer_unsupported");
    CHECK(read_any_cut("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n").fault ==
          "answer_unsupported");
    // The official Node SDK writes this one.
    CHECK(read_any_cut("HTTP/1.1 200 OK\r\nContent-Encoding: none\r\n\r\nx").body == "x");
  }
}

}  // namespace
}  // namespace patchbay
