// SPDX-License-Identifier: MIT
#include "codec/sse.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>

#include "../support/hostile_text.h"
#include "codec/json_text.h"
#include "ground/text.h"

namespace patchbay {
namespace {

using nlohmann::json;
using namespace std::string_literals;

const SseEncoder encoder("turn_4");
const SseEncoder without_turn(std::nullopt);

std::string tts(const SseEncoder& e, std::string_view text) {
  std::string out;
  e.append_tts(out, text);
  return out;
}

std::string data(const SseEncoder& e, std::string_view value) {
  std::string out;
  e.append_data(out, value);
  return out;
}

// The JSON of the one event that `bytes` must be, by protocol §2.2.
std::string line_of(const std::string& bytes) {
  REQUIRE(bytes.starts_with("data: {"));
  REQUIRE(bytes.ends_with("}\n\n"));
  std::string line = bytes.substr(6, bytes.size() - 8);
  for (const char* line_break : {"\n", "\r", "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"}) {
    REQUIRE(line.find(line_break) == std::string::npos);
  }
  REQUIRE(is_utf8(line));
  return line;
}

json event_of(const std::string& bytes) {
  return json::parse(line_of(bytes));
}

std::string repaired(std::string_view text) {
  std::string out;
  append_utf8_repaired(out, text);
  return out;
}

}  // namespace

TEST_SUITE("sse") {
  TEST_CASE("each event is written in the very bytes of the protocol") {
    std::string out;
    encoder.append_tts(out, "Hello.");
    encoder.append_data(out, R"({"delta":"x"})");
    encoder.append_error(out, "broken");
    encoder.append_hangup(out);
    encoder.append_end(out);
    CHECK(out ==
          "data: {\"type\":\"response.tts\",\"content\":\"Hello.\",\"turn_id\":\"turn_4\"}\n\n"
          "data: "
          "{\"type\":\"response.data\",\"content\":{\"delta\":\"x\"},\"turn_id\":\"turn_4\"}\n\n"
          "data: {\"type\":\"response.error\",\"error\":\"broken\",\"turn_id\":\"turn_4\"}\n\n"
          "data: {\"type\":\"response.hangup\",\"turn_id\":\"turn_4\"}\n\n"
          "data: {\"type\":\"response.end\",\"turn_id\":\"turn_4\"}\n\n");
  }

  TEST_CASE("a turn without an id gets events without one") {
    std::string out;
    without_turn.append_tts(out, "Hello.");
    without_turn.append_data(out, "[1]");
    without_turn.append_error(out, "broken");
    without_turn.append_hangup(out);
    without_turn.append_end(out);
    CHECK(out ==
          "data: {\"type\":\"response.tts\",\"content\":\"Hello.\"}\n\n"
          "data: {\"type\":\"response.data\",\"content\":[1]}\n\n"
          "data: {\"type\":\"response.error\",\"error\":\"broken\"}\n\n"
          "data: {\"type\":\"response.hangup\"}\n\n"
          "data: {\"type\":\"response.end\"}\n\n");
  }

  TEST_CASE("an empty id is an id") {
    CHECK(tts(SseEncoder(""), "x") ==
          "data: {\"type\":\"response.tts\",\"content\":\"x\",\"turn_id\":\"\"}\n\n");
  }

  TEST_CASE("the turn's id comes back as it was, whatever stands in it") {
    for (const std::string& id : {"turn \"4\""s, "\\"s, "t\n\nevent: x"s, "a\0b"s, "\xE2\x98\x95"s,
                                  "\xE2\x80\xA8"s, std::string(5000, 'i')}) {
      CAPTURE(id);
      std::string out;
      SseEncoder(id).append_end(out);
      CHECK(event_of(out)["turn_id"] == id);
      CHECK(event_of(tts(SseEncoder(id), "hello"))["turn_id"] == id);
    }
  }

  TEST_CASE("text is spoken as it was given, whatever stands in it") {
    for (const std::string& text :
         {""s, " And then"s, "line\nline\r\n"s, "\"}\n\ndata: {}"s, "\xE2\x80\xA8\xE2\x80\xA9"s,
          "\xC2\x85"s, "a\0b"s, "\xF0\x9F\x98\x80"s, "\x7F\x1B[31m"s, "</script>"s}) {
      CAPTURE(text);
      CHECK(event_of(tts(encoder, text))["content"] == text);
    }
  }

  TEST_CASE("ill-formed UTF-8 is repaired, not refused") {
    CHECK(event_of(tts(encoder, "a\xFFz"))["content"] == "a\xEF\xBF\xBDz");
    CHECK(event_of(tts(encoder, "cut \xF0\x9F\x98"))["content"] == "cut \xEF\xBF\xBD");
    std::string out;
    encoder.append_error(out, "why \xC3");
    CHECK(event_of(out)["error"] == "why \xEF\xBF\xBD");
    CHECK(event_of(tts(SseEncoder("\xFF"), "x"))["turn_id"] == "\xEF\xBF\xBD");
  }

  TEST_CASE("a megabyte is one line") {
    std::string text;
    while (text.size() < (1U << 20U)) text += "Good morning.\n\"\xE2\x98\x95\"\xE2\x80\xA8";
    CHECK(event_of(tts(encoder, text))["content"] == text);
    CHECK(event_of(data(encoder, json(text).dump()))["content"] == text);
  }

  TEST_CASE("data keeps its value while its line breaks are folded") {
    CHECK(data(without_turn, "{\r\n\t\"a\" : [1,\n2]\n}") ==
          "data: {\"type\":\"response.data\",\"content\":{  \t\"a\" : [1, 2] }}\n\n");
    CHECK(data(without_turn, "\"\xC2\x85\xE2\x80\xA8\xE2\x80\xA9\"") ==
          "data: {\"type\":\"response.data\",\"content\":\"\\u0085\\u2028\\u2029\"}\n\n");
    CHECK(data(without_turn, "\"\xC2\xA9 \xE2\x98\x95 \\n\"") ==
          "data: {\"type\":\"response.data\",\"content\":\"\xC2\xA9 \xE2\x98\x95 \\n\"}\n\n");
    for (const char* scalar : {"null", "true", "27.0", "-0", "12345678901234567890", "\"x\""}) {
      CHECK(data(without_turn, scalar) ==
            "data: {\"type\":\"response.data\",\"content\":" + std::string(scalar) + "}\n\n");
    }
  }

  TEST_CASE("any text becomes one event that means the repaired text") {
    std::mt19937 random{2};
    for (int i = 0; i < 10'000; ++i) {
      const std::string id = hostile_text(random);
      const std::string text = hostile_text(random);
      const json event = event_of(tts(SseEncoder(id), text));
      REQUIRE(event.size() == 3);
      REQUIRE(event["type"] == "response.tts");
      REQUIRE(event["content"] == repaired(text));
      REQUIRE(event["turn_id"] == repaired(id));
    }
  }

  TEST_CASE("any JSON becomes one event of the same value") {
    std::mt19937 random{3};
    for (int i = 0; i < 10'000; ++i) {
      const json value{{repaired(hostile_text(random)), {repaired(hostile_text(random)), 27.5}}};
      std::string text = value.dump(static_cast<int>(random() % 3) - 1);
      if (random() % 2 == 0) std::replace(text.begin(), text.end(), '\n', '\r');
      REQUIRE_FALSE(check_json(text, 64));
      const json event = event_of(data(encoder, text));
      REQUIRE(event["content"] == value);
      REQUIRE(event["turn_id"] == "turn_4");
    }
  }

  TEST_CASE("whatever check_json lets pass cannot break out of its event") {
    std::mt19937 random{4};
    int passed = 0;
    for (int i = 0; i < 10'000; ++i) {
      std::string text = R"({"a":["x",1,{"b":null}]})";
      const std::size_t place = random() % text.size();
      text.replace(place, random() % 3, hostile_text(random).substr(0, random() % 8));
      if (check_json(text, 64)) continue;
      ++passed;
      const json event = event_of(data(encoder, text));
      REQUIRE(event.size() == 3);
      REQUIRE(event["content"] == json::parse(text));
    }
    CHECK(passed > 500);
  }
}

}  // namespace patchbay
