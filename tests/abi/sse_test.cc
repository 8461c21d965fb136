// SPDX-License-Identifier: MIT
//
// sse.hpp by the rules of the HTML standard, however the bytes are cut.
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <string_view>
#include <vap/sse.hpp>
#include <vector>

namespace {

std::string shown(const vap::sse_event& e) {
  std::string text = std::string(e.type) + "|" + std::string(e.data) + "|" + std::string(e.id);
  if (e.retry_ms >= 0) text += "|" + std::to_string(e.retry_ms);
  return text;
}

// The stream in pieces that end where `cuts` says.
std::vector<std::string> parsed(std::string_view stream, const std::vector<std::size_t>& cuts,
                                std::size_t most = 1'000'000) {
  vap::sse_parser parser(most);
  std::vector<std::string> events;
  const auto take = [&](const vap::sse_event& e) { events.push_back(shown(e)); };
  std::size_t from = 0;
  for (const std::size_t cut : cuts) {
    parser.feed(stream.substr(from, cut - from), take);
    from = cut;
  }
  parser.feed(stream.substr(from), take);
  return events;
}
std::vector<std::string> parsed(std::string_view stream) {
  return parsed(stream, {});
}

using Events = std::vector<std::string>;

// With every kind of line end, comments, fields in part, ids, types and a mark at its beginning.
constexpr std::string_view rich =
    "\xEF\xBB\xBF"
    ": a comment\r\n"
    "data: {\"a\":1}\r\n\r\n"
    "event: delta\ndata:one\ndata: two\ndata\n\n"
    "id: 7\rretry: 1500\rdata:  three\r\r"
    "unknown: x\n:\n\n"
    "event: nobody hears\n\n"
    "data: \xC3\xA9\r\n\n"
    "data: [DONE]\r\n\r\n"
    "data: cut off";
const Events rich_events = {"message|{\"a\":1}|", "delta|one\ntwo\n|", "message| three|7|1500",
                            "message|\xC3\xA9|7|1500", "message|[DONE]|7|1500"};

TEST_SUITE("sse") {
  TEST_CASE("fields are read as the standard says") {
    CHECK(parsed(rich) == rich_events);
    CHECK(parsed("data\n\n") == Events{"message||"});
    CHECK(parsed("data:\n\n") == Events{"message||"});
    CHECK(parsed(std::string_view("id: a\0b\ndata: x\n\n", 17)) == Events{"message|x|"});
    CHECK(parsed("retry: 1x\nretry:\nretry: -1\ndata: x\n\n") == Events{"message|x|"});
    CHECK(parsed("id: 1\n\ndata: x\n\nid\ndata: y\n\n") == Events{"message|x|1", "message|y|"});
    CHECK(parsed("Data: x\ndata : y\n\n").empty());
    CHECK(parsed("data: x\n \n\n") == Events{"message|x|"});
    CHECK(parsed("\n\n\n").empty());
  }

  TEST_CASE("wherever the bytes are cut, in one place and in two, the events are the same") {
    for (std::size_t first = 0; first <= rich.size(); ++first) {
      REQUIRE_MESSAGE(parsed(rich, {first}) == rich_events, "cut at ", first);
      for (std::size_t second = first; second <= rich.size(); ++second)
        REQUIRE_MESSAGE(parsed(rich, {first, second}) == rich_events, "cut at ", first, ", ",
                        second);
    }
    std::vector<std::size_t> everywhere;
    for (std::size_t i = 1; i < rich.size(); ++i) everywhere.push_back(i);
    CHECK(parsed(rich, everywhere) == rich_events);
  }

  TEST_CASE("random streams mean the same in random pieces") {
    std::mt19937 random(2026);
    const std::vector<std::string_view> parts = {"data",  ":",  " ",     "\r", "\n", "\r\n",
                                                 "event", "id", "retry", "1",  "x",  "\xEF\xBB\xBF",
                                                 "\n\n"};
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    for (int round = 0; round < 3000; ++round) {
      std::string stream;
      for (std::size_t i = below(40); i > 0; --i) stream += parts[below(parts.size())];
      std::vector<std::size_t> cuts;
      for (std::size_t at = 0; at < stream.size(); at += 1 + below(6)) cuts.push_back(at);
      REQUIRE(parsed(stream, cuts) == parsed(stream));
    }
  }

  TEST_CASE("an event has a limit, however it is made long, and then nothing more is read") {
    const auto long_by = [](std::string_view line, std::size_t times) {
      std::string stream;
      while (times-- > 0) stream += line;
      return stream;
    };
    vap::sse_parser parser(100);
    int heard = 0;
    const auto count = [&](const vap::sse_event&) { ++heard; };
    CHECK(parser.feed("data: short\n\n", count));
    CHECK_FALSE(parser.feed(long_by("x", 101), count));
    CHECK_FALSE(parser.feed("\n\ndata: short\n\n", count));
    CHECK(heard == 1);

    vap::sse_parser lines(100);
    CHECK_FALSE(lines.feed(long_by("data: x\n", 200), count));
    vap::sse_parser drops(100);
    bool going = true;
    for (int i = 0; i < 101 && going; ++i) going = drops.feed("x", count);
    CHECK_FALSE(going);
    vap::sse_parser many(100);
    CHECK(many.feed(long_by("data: x\n\n", 200), count));
    CHECK(heard == 201);
  }
}

}  // namespace
