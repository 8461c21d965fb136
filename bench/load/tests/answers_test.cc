// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "answer_check.h"
#include "answer_reader.h"
#include "json_object.h"

namespace patchbay::bench {
namespace {

const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";

// "" where it is a whole answer; all of it at once, and byte by byte.
std::string wrong_in(const std::string& answer) {
  std::string last;
  for (const std::size_t piece : {answer.size(), std::size_t{1}}) {
    AnswerReader reader;
    std::string body;
    bool good = true;
    for (std::size_t at = 0; good && at < answer.size(); at += piece)
      good = reader.feed(std::string_view(answer).substr(at, piece), body);
    const std::string now = !good ? "malformed" : !reader.finish() ? "cut" : "";
    if (piece == 1) CHECK(now == last);
    last = now;
  }
  return last;
}

std::string body_of(std::string_view answer) {
  AnswerReader reader;
  std::string body;
  CHECK(reader.feed(answer, body));
  CHECK(reader.finish());
  return body;
}

std::string event(std::string_view json) {
  return "data: " + std::string(json) + "\n\n";
}
std::string tts(std::string_view turn = "t1") {
  return event(R"({"type":"response.tts","content":"Hi","turn_id":")" + std::string(turn) + "\"}");
}
std::string said_at(std::string_view content) {
  return event(R"({"type":"response.tts","turn_id":"t1","content":")" + std::string(content) +
               "\"}");
}
std::string end(std::string_view turn = "t1") {
  return event(R"({"type":"response.end","turn_id":")" + std::string(turn) + "\"}");
}

// The same for the events of turn "t1" with one response.tts.
std::string wrong_with(const std::string& events) {
  std::string last;
  for (const std::size_t piece : {events.size(), std::size_t{1}}) {
    AnswerCheck check(1);
    check.begin("t1");
    std::string body;
    const char* wrong = nullptr;
    for (std::size_t at = 0; wrong == nullptr && at < events.size(); at += piece) {
      body += events.substr(at, piece);
      wrong = check.feed(body);
    }
    if (wrong == nullptr) wrong = check.finish(body);
    const std::string now = wrong == nullptr ? "" : wrong;
    if (piece == 1) CHECK(now == last);
    last = now;
  }
  return last;
}

TEST_SUITE("answers") {
  TEST_CASE("an answer with a length, in chunks, or up to the close is read whole") {
    CHECK(body_of(head + "Content-Length: 5\r\n\r\nhello") == "hello");
    CHECK(
        body_of(head + "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n") ==
        "hello");
    CHECK(body_of(head + "Connection: close\r\n\r\nhello") == "hello");
    CHECK(wrong_in(head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n") ==
          "");
  }

  TEST_CASE("an answer that stops before its end is cut") {
    CHECK(wrong_in(head + "Content-Length: 6\r\n\r\nhello") == "cut");
    CHECK(wrong_in(head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n") == "cut");
    CHECK(wrong_in(head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel") == "cut");
    CHECK(wrong_in("HTTP/1.1 200 OK\r\n") == "cut");
  }

  TEST_CASE("what is no HTTP, or comes unasked, is malformed") {
    CHECK(wrong_in("HTTP/2 200 OK\r\n\r\n") == "malformed");
    CHECK(wrong_in("hello\r\n\r\n") == "malformed");
    CHECK(wrong_in(head + "Content-Length: 5\r\n\r\nhelloX") == "malformed");
    CHECK(wrong_in(head + "Content-Length: x\r\n\r\n") == "malformed");
    CHECK(wrong_in(head + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi") == "malformed");
    const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
    CHECK(wrong_in(chunked + "5\nhello\r\n0\r\n\r\n") == "malformed");
    CHECK(wrong_in(chunked + "5\r\nhelloX\r\n0\r\n\r\n") == "malformed");
    CHECK(wrong_in(chunked + "zz\r\nhello\r\n0\r\n\r\n") == "malformed");
  }

  TEST_CASE("a whole turn has its words and one end, last") {
    CHECK(wrong_with(tts() + end()) == "");
    CHECK(wrong_with(": a comment\n\ndata:{\"type\":\"response.tts\",\"content\":\"Hi\","
                     "\"turn_id\":\"t1\"}\r\n\r\n" +
                     end()) == "");
    CHECK(wrong_with(tts() +
                     event(R"({"type":"response.data","content":{"a":[1]},"turn_id":"t1"})") +
                     end()) == "");
  }

  TEST_CASE("whatever is wrong with a turn is caught, and told by its kind") {
    CHECK(wrong_with(tts()) == "no_end");
    CHECK(wrong_with("") == "no_end");
    CHECK(wrong_with(tts() + end() + end()) == "ended_twice");
    CHECK(wrong_with(tts() + end() + tts()) == "event_after_end");
    CHECK(wrong_with(tts("t2") + end()) == "turn_wrong");
    CHECK(wrong_with(tts() + end("t2")) == "turn_wrong");
    CHECK(wrong_with(event(R"({"type":"response.end"})")) == "turn_wrong");
    CHECK(wrong_with(end()) == "words_missing");
    CHECK(wrong_with(tts() + tts() + end()) == "words_missing");
    CHECK(wrong_with(tts() + end().substr(0, end().size() - 1)) == "event_cut");
    CHECK(wrong_with(tts() + end() + "da") == "event_cut");
    CHECK(wrong_with("hello\n\n" + end()) == "line_unknown");
    CHECK(wrong_with(event("hello") + end()) == "event_malformed");
    CHECK(wrong_with(event(R"({"turn_id":"t1"})")) == "event_malformed");
    CHECK(wrong_with(event(R"({"type":"response.error","turn_id":"t1"})")) == "event_unknown");
    CHECK(wrong_with(event(R"({"type":"response.tts","turn_id":"t1"})")) == "tts_without_text");
    CHECK(wrong_with(event(R"({"type":"response.data","turn_id":"t1"})")) ==
          "data_without_content");
  }

  TEST_CASE("words that bear a stamp say when they were sent, whatever space is around it") {
    AnswerCheck check({}, true);
    check.begin("t1");
    std::string body = said_at("1000") + said_at(" 2000 ") + end();
    CHECK(check.feed(body) == nullptr);
    REQUIRE(check.stamps().size() == 2);
    CHECK(check.stamps()[1] - check.stamps()[0] == std::chrono::microseconds(1));
    for (const std::string_view bad : {"", "0", "-5", "12a", "1 2", "99999999999999999999"}) {
      CAPTURE(bad);
      check.begin("t1");
      body = said_at(bad);
      CHECK(check.feed(body) == std::string_view("stamp_malformed"));
    }
  }

  TEST_CASE("JSON is judged whole, and its text fields are found") {
    const auto read = read_event(
        R"( {"a":[1,-0.5e+3,true,null,{"type":"x"}],"type":"y\n","content":"\u00e9 é","turn_id":"t"} )");
    REQUIRE(read);
    CHECK(*read->type == "y\\n");
    CHECK(*read->content == "\\u00e9 é");
    CHECK(*read->turn_id == "t");
    CHECK(read_event(R"({"content":7})")->has_content);
    CHECK(!read_event(R"({"content":7})")->content);
    for (const std::string_view bad :
         {R"()", R"([])", R"({)", R"({"a":1,})", R"({"a" 1})", R"({"a":01})", R"({"a":1.})",
          R"({"a":tru})", R"({"a":"\x"})", R"({"a":"\u12g4"})", "{\"a\":\"\n\"}",
          "{\"a\":\"\xC0\x80\"}", "{\"a\":\"\xED\xA0\x80\"}", R"({"a":1} x)",
          R"({"type":"a","type":"b"})", R"({a:1})"})
      CHECK_MESSAGE(!read_event(bad), bad);
    std::string deep = R"({"a":)" + std::string(1'000, '[') + std::string(1'000, ']') + "}";
    CHECK(!read_event(deep));
  }
}

}  // namespace
}  // namespace patchbay::bench
