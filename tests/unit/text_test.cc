// SPDX-License-Identifier: MIT
#include "ground/text.h"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "../support/hostile_text.h"

namespace patchbay {
namespace {

using nlohmann::json;
using namespace std::string_literals;

const std::string fffd = "\xEF\xBF\xBD";

std::string repaired(std::string_view text) {
  std::string out;
  append_utf8_repaired(out, text);
  return out;
}

std::string one_code_point(char32_t c) {
  const auto byte = [](char32_t value) { return static_cast<char>(value); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xC0 | (c >> 6)), byte(0x80 | (c & 0x3F))};
  if (c < 0x10000) {
    return {byte(0xE0 | (c >> 12)), byte(0x80 | ((c >> 6) & 0x3F)), byte(0x80 | (c & 0x3F))};
  }
  return {byte(0xF0 | (c >> 18)), byte(0x80 | ((c >> 12) & 0x3F)), byte(0x80 | ((c >> 6) & 0x3F)),
          byte(0x80 | (c & 0x3F))};
}

}  // namespace

TEST_SUITE("text") {
  TEST_CASE("every code point but the surrogates is UTF-8, and nothing above U+10FFFF is") {
    for (char32_t c = 0; c < 0x110800; ++c) {
      const bool expected = c < 0x110000 && (c < 0xD800 || c > 0xDFFF);
      if (is_utf8(one_code_point(c)) != expected) FAIL("U+", static_cast<unsigned>(c));
    }
  }

  TEST_CASE("overlong, cut and stray sequences are not UTF-8") {
    for (const std::string& text :
         {"\xC0\x80"s, "\xC1\xBF"s, "\xE0\x9F\xBF"s, "\xF0\x8F\xBF\xBF"s, "\xC3"s, "\xE2\x98"s,
          "\xF0\x9F\x98"s, "\x80"s, "\xBF"s, "\xF5\x80\x80\x80"s, "\xFE"s, "\xFF"s, "a\xC3z"s}) {
      CAPTURE(text);
      CHECK_FALSE(is_utf8(text));
    }
    CHECK(is_utf8(""));
    CHECK(is_utf8("\0"s));
  }

  TEST_CASE("the place where UTF-8 breaks is found behind runs of any length") {
    for (std::size_t length = 0; length < 40; ++length) {
      const std::string run(length, 'a');
      CHECK(valid_utf8_prefix(run) == length);
      std::string text = run;
      text.append("\xC3\xA9").append(run).append("\xFF").append(run);
      CHECK(valid_utf8_prefix(text) == 2 * length + 2);
      CHECK(valid_utf8_prefix(run + "\xE2\x98") == length);
    }
  }

  TEST_CASE("each maximal subpart of an ill-formed sequence becomes one U+FFFD") {
    struct Repair {
      std::string broken;
      std::string whole;
    };
    const std::vector<Repair> cases{
        {"", ""},
        {"good \xE2\x98\x95", "good \xE2\x98\x95"},
        {"a\xFFz", "a" + fffd + "z"},
        {"\xE2\x98", fffd},
        {"\xF0\x9F\x98z", fffd + "z"},
        {"\xC0\xAF", fffd + fffd},
        {"\xE0\x80\x80", fffd + fffd + fffd},
        {"\xED\xA0\x80", fffd + fffd + fffd},
        {"\xF4\x90\x80\x80", fffd + fffd + fffd + fffd},
        // The example of Unicode 15, table 3-11.
        {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", fffd + fffd + fffd + fffd + "A"},
    };
    for (const Repair& repair : cases) {
      CAPTURE(repair.broken);
      CHECK(repaired(repair.broken) == repair.whole);
    }
  }

  TEST_CASE("what is repaired is appended, and what was there stays") {
    std::string out = "before ";
    append_utf8_repaired(out, "x\xFF");
    append_json_string(out, "y");
    CHECK(out == "before x" + fffd + "\"y\"");
  }

  TEST_CASE("a JSON string escapes what must be escaped, and nothing else") {
    CHECK(json_string("") == R"("")");
    CHECK(json_string("plain / text \x7F") == "\"plain / text \x7F\"");
    CHECK(json_string("\"\\") == R"("\"\\")");
    CHECK(json_string("\n\r\t\b\f") == R"("\n\r\t\b\f")");
    CHECK(json_string("\0\x01\x1F"s) == R"("\u0000\u0001\u001f")");
    CHECK(json_string("\xC2\x85\xE2\x80\xA8\xE2\x80\xA9") == R"("\u0085\u2028\u2029")");
    CHECK(json_string("\xC2\x84\xC2\x86\xE2\x80\xA7\xE2\x80\xAA") ==
          "\"\xC2\x84\xC2\x86\xE2\x80\xA7\xE2\x80\xAA\"");
    CHECK(json_string("caf\xC3\xA9 \xF0\x9F\x98\x80") == "\"caf\xC3\xA9 \xF0\x9F\x98\x80\"");
    CHECK(json_string("a\xFFz") == "\"a" + fffd + "z\"");
  }

  TEST_CASE("every single byte, at every place of a word, survives JSON") {
    for (unsigned byte = 0; byte < 256; ++byte) {
      for (std::size_t place = 0; place < 17; ++place) {
        std::string text(17, 'a');
        text[place] = static_cast<char>(byte);
        const std::string literal = json_string(text);
        if (json::parse(literal) != repaired(text)) FAIL("byte ", byte, " at ", place);
      }
    }
  }

  TEST_CASE("a megabyte of text survives JSON") {
    std::string text;
    while (text.size() < (1U << 20U)) text += "Good morning, \"caller\".\n\xE2\x98\x95";
    CHECK(json::parse(json_string(text)) == text);
  }

  TEST_CASE("any bytes become one line of valid JSON that means the repaired bytes") {
    std::mt19937 random{1};
    for (int i = 0; i < 10'000; ++i) {
      const std::string text = hostile_text(random);
      const std::string literal = json_string(text);
      CAPTURE(literal);
      REQUIRE(is_utf8(literal));
      REQUIRE(is_utf8(repaired(text)));
      for (const char* line_break : {"\n", "\r", "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"}) {
        REQUIRE(literal.find(line_break) == std::string::npos);
      }
      REQUIRE(json::parse(literal) == repaired(text));
      REQUIRE(is_utf8(text) == (repaired(text) == text));
      // nlohmann's own repair, an independent judge of "one U+FFFD per maximal subpart".
      REQUIRE(json(text).dump(-1, ' ', false, json::error_handler_t::replace) ==
              json(repaired(text)).dump());
    }
  }

  TEST_CASE("a typo finds the word it was meant for") {
    constexpr std::array<std::string_view, 5> known{"listen", "reactors", "max_body", "log", "a"};
    CHECK(nearest("lisen", known) == "listen");
    CHECK(nearest("listne", known) == "listen");
    CHECK(nearest("Listen", known) == "listen");
    CHECK(nearest("reactor", known) == "reactors");
    CHECK(nearest("max-body", known) == "max_body");
    CHECK(nearest("lgo", known) == "log");
    CHECK(nearest("listen", known) == "listen");
  }

  TEST_CASE("what is near nothing is taken for nothing") {
    constexpr std::array<std::string_view, 4> known{"listen", "log", "a", ""};
    CHECK(nearest("timeout", known).empty());
    CHECK(nearest("xyz", known).empty());
    CHECK(nearest("b", known).empty());  // as far from "a" as a word of one letter can be
    CHECK(nearest("", known).empty());
    CHECK(nearest("listen", {}).empty());
    CHECK(nearest(std::string(100'000, 'l'), known).empty());
  }

  TEST_CASE("of words equally near the first is taken") {
    constexpr std::array<std::string_view, 2> known{"bat", "cat"};
    CHECK(nearest("rat", known) == "bat");
  }

  TEST_CASE("a plain name can stand in a path, a log line and a file name") {
    for (const std::string& name :
         {"a"s, "bakery"s, "Bakery-2.0_x"s, "0"s, "_x"s, std::string(64, 'a')}) {
      CAPTURE(name);
      CHECK(is_plain_name(name));
    }
    for (const std::string& name : {""s, "."s, ".."s, ".hidden"s, "-rf"s, "a/b"s, "a b"s, "a\0b"s,
                                    "a\n"s, "caf\xC3\xA9"s, "a%2e"s, std::string(65, 'a')}) {
      CAPTURE(name);
      CHECK_FALSE(is_plain_name(name));
    }
  }
}

}  // namespace patchbay
