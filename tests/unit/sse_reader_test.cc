// SPDX-License-Identifier: MIT
#include "codec/sse_reader.h"

#include <doctest/doctest.h>

#include "codec/sse.h"

namespace patchbay {
namespace {

using Events = std::vector<std::string>;

// Cut into pieces of that many bytes.
Events read_cut(std::string_view stream, std::size_t piece) {
  SseReader reader;
  Events events;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    REQUIRE(!reader.feed(stream.substr(at, piece), events));
  }
  return events;
}

// In one piece, byte by byte, and cut in two at every place: always the same.
void check_reads(std::string_view stream, const Events& wanted) {
  CAPTURE(stream);
  CHECK(read_cut(stream, stream.size() + 1) == wanted);
  CHECK(read_cut(stream, 1) == wanted);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    CAPTURE(cut);
    SseReader reader;
    Events events;
    CHECK(!reader.feed(stream.substr(0, cut), events));
    CHECK(!reader.feed(stream.substr(cut), events));
    CHECK(events == wanted);
  }
}

TEST_SUITE("sse_reader") {
  TEST_CASE("an event is its data, and ends at a blank line") {
    check_reads("data: one\n\ndata: two\n\n", {"one", "two"});
    check_reads("data: one\n", {});
    check_reads("data: one", {});
  }

  TEST_CASE("lines end with LF, CRLF or CR, also mixed") {
    check_reads("data: one\r\n\r\ndata: two\r\n\r\n", {"one", "two"});
    check_reads("data: one\r\rdata: two\r\r", {"one", "two"});
    check_reads("data: one\n\r\ndata: two\r\n\rdata: three\r\n\n", {"one", "two", "three"});
  }

  TEST_CASE("several data lines are one event with line breaks") {
    check_reads("data: a\ndata: b\ndata:\ndata: c\n\n", {"a\nb\n\nc"});
  }

  TEST_CASE("one space after the colon is no data, a second one is") {
    check_reads("data:x\n\ndata:  x\n\ndata: x \n\n", {"x", " x", "x "});
  }

  TEST_CASE("comments and other fields are read over") {
    check_reads(": ping\n\nevent: message\nid: 7\ndata: x\nretry: 10\n\n:\n\n", {"x"});
    check_reads("Data: x\n\ndatax: y\n\n data: z\n\n", {});
  }

  TEST_CASE("an empty data line is an event without data") {
    check_reads("data\n\ndata:\n\n", {"", ""});
    check_reads("data\ndata\n\n", {"\n"});
  }

  TEST_CASE("blank lines alone are no events") {
    check_reads("\n\n\r\n\r\r\n\n", {});
  }

  TEST_CASE("a byte order mark counts only at the beginning") {
    check_reads(
        "\xEF\xBB\xBF"
        "data: x\n\n",
        {"x"});
    check_reads(
        "\xEF\xBB\xBF\n"
        "data: x\n\n",
        {"x"});
    check_reads(
        "\n\xEF\xBB\xBF"
        "data: x\n\n",
        {});
  }

  TEST_CASE("NUL, UTF-8 and line breaks of other readers are data") {
    using namespace std::string_view_literals;
    check_reads("data: a\0b \xC3\xA9\xE2\x80\xA8\x0B\n\n"sv,
                {std::string("a\0b \xC3\xA9\xE2\x80\xA8\x0B"sv)});
  }

  TEST_CASE("the host's own events come back as they went in") {
    const SseEncoder encoder(std::string("turn_1"));
    std::string stream;
    encoder.append_tts(stream, "Hello\r\n\xE2\x80\xA8 \"you\"");
    encoder.append_data(stream, "{\"a\":\n1}");
    encoder.append_end(stream);
    check_reads(stream,
                {"{\"type\":\"response.tts\",\"content\":\"Hello\\r\\n\\u2028 \\\"you\\\"\","
                 "\"turn_id\":\"turn_1\"}",
                 R"({"type":"response.data","content":{"a": 1},"turn_id":"turn_1"})",
                 R"({"type":"response.end","turn_id":"turn_1"})"});
  }

  TEST_CASE("an event that the stream broke off is known to be lost") {
    SseReader reader;
    Events events;
    CHECK(!reader.inside_event());
    CHECK(!reader.feed("data: x\n", events));
    CHECK(reader.inside_event());
    CHECK(!reader.feed("\n", events));
    CHECK(!reader.inside_event());
    CHECK(!reader.feed("da", events));
    CHECK(reader.inside_event());
  }

  TEST_CASE("an event that never ends is refused before it fills the memory") {
    SseReader reader;
    Events events;
    const std::string line = "data: " + std::string(1024 * 1024, 'x') + "\n";
    Problem wrong;
    int lines = 0;
    while (!wrong && lines < 100) {
      wrong = reader.feed(line, events);
      ++lines;
    }
    REQUIRE(wrong);
    CHECK(wrong->code == "sse_event_too_large");
    CHECK(lines == 16);
  }
}

}  // namespace
}  // namespace patchbay
