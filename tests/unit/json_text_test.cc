// SPDX-License-Identifier: MIT
#include "codec/json_text.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>

#include "../support/hostile_text.h"

namespace patchbay {
namespace {

using nlohmann::json;
using namespace std::string_literals;

// "ok", or the code of the Error.
std::string verdict(std::string_view text, std::size_t max_depth = 64) {
  const Problem problem = check_json(text, max_depth);
  return problem ? problem->code : "ok";
}

std::string message(std::string_view text) {
  const Problem problem = check_json(text, 64);
  return problem ? problem->message : "ok";
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

TEST_SUITE("json_text") {
  TEST_CASE("one complete value of any kind is JSON") {
    for (const char* text : {"{}", "[]", "null", "true", "-0", "27.0", "1e3", "\"\"",
                             " \r\n\t{} \n", "\"\\ud83d\\ude00\"", "{\"a\":1,\"a\":2}",
                             "12345678901234567890123456789", "1e-999", "\"caf\xC3\xA9\""}) {
      CAPTURE(text);
      CHECK(verdict(text) == "ok");
    }
  }

  TEST_CASE("what is not one complete value is refused") {
    for (const std::string& text :
         {""s,        " "s,        "{"s,           "{}}"s,         "{} {}"s,     "[1,]"s,
          "{a:1}"s,   "{'a':1}"s,  "01"s,          "+1"s,          ".5"s,        "1."s,
          "NaN"s,     "Infinity"s, "nul"s,         "\"a"s,         "\"a\nb\""s,  "\"\\x\""s,
          "// x\n1"s, "/**/1"s,    "\"\\ud800\""s, "\"\\ude00\""s, "\xC2\xA0{}"s}) {
      CAPTURE(text);
      CHECK(verdict(text) == "json_invalid");
    }
  }

  TEST_CASE("a NUL is never the end of the text") {
    CHECK(verdict("{}\0"s) == "json_invalid");
    CHECK(verdict("{}\0}\n\ndata: {}"s) == "json_invalid");
    CHECK(verdict("\0{}"s) == "json_invalid");
    CHECK(verdict("\"a\0b\""s) == "json_invalid");
    CHECK(message("{}\0"s) == "byte 3 is NUL");
  }

  TEST_CASE("a byte order mark is refused") {
    CHECK(verdict("\xEF\xBB\xBF{}") == "json_invalid");
    CHECK(verdict("\xEF\xBB\xBF") == "json_invalid");
    CHECK(verdict("\"\xEF\xBB\xBF\"") == "ok");  // inside a string it is a letter
  }

  TEST_CASE("ill-formed UTF-8 is refused, with its place") {
    CHECK(verdict("\"a\xFFz\"") == "json_not_utf8");
    CHECK(verdict("\"\xED\xA0\x80\"") == "json_not_utf8");
    CHECK(message("\"a\xFFz\"") == "byte 3 is not UTF-8");
  }

  TEST_CASE("a number beyond a double is refused without a throw") {
    CHECK(verdict("1e999") == "json_invalid");
    CHECK(verdict("[-1e999]") == "json_invalid");
    CHECK(verdict(std::string(5000, '9')) == "json_invalid");
    CHECK(message("[1e999]").find("too large") != std::string::npos);
  }

  TEST_CASE("depth is allowed up to the limit and not beyond") {
    CHECK(verdict(nested(64)) == "ok");
    CHECK(verdict(nested(65)) == "json_too_deep");
    CHECK(verdict("1", 0) == "ok");
    CHECK(verdict("[]", 0) == "json_too_deep");
    CHECK(verdict("[{}]", 1) == "json_too_deep");
    CHECK(verdict("[[],[],{}]", 2) == "ok");
  }

  TEST_CASE("a million brackets are refused, not recursed on") {
    CHECK(verdict(std::string(1'000'000, '[')) == "json_too_deep");
    CHECK(verdict(nested(1'000'000), 2'000'000) == "ok");
    std::string objects;
    for (int i = 0; i < 300'000; ++i) objects += "{\"a\":";
    CHECK(verdict(objects) == "json_too_deep");
    CHECK(verdict(objects, 1'000'000) == "json_invalid");
  }

  TEST_CASE("the message names the place") {
    CHECK(message("{\"a\":x}") == "byte 6 does not belong there in JSON");
    CHECK(message("{\"a\":1") == "the JSON breaks off at byte 6");
    CHECK(message("") == "the JSON is empty");
  }

  TEST_CASE("the message quotes nothing of the text") {
    for (const std::string& text : {"{\"secret\": sesame}"s, "{\"sesame\" 1}"s, "[\"sesame"s}) {
      const Problem problem = check_json(text, 64);
      REQUIRE(problem);
      CHECK(problem->text().find("sesame") == std::string::npos);
    }
  }

  TEST_CASE("the verdict is nlohmann's where that reads to the end") {
    std::mt19937 random{5};
    for (int i = 0; i < 10'000; ++i) {
      std::string text = R"({"a":["x\n",1.5e3,{"b":null,"c":[true]}]})";
      text.replace(random() % text.size(), random() % 4,
                   hostile_text(random).substr(0, random() % 8));
      if (text.find('\0') != std::string::npos) continue;
      CAPTURE(text);
      REQUIRE((verdict(text) == "ok") == (json::accept(text) && !text.starts_with("\xEF\xBB\xBF")));
    }
  }

  TEST_CASE("an error answer is one JSON object with three strings") {
    CHECK(error_body({"not_found", "no agent \"x\"", "see /health"}) ==
          R"({"error":{"code":"not_found","message":"no agent \"x\"","hint":"see /health"}})");
    CHECK(error_body({"a", "b", ""}) == R"({"error":{"code":"a","message":"b","hint":""}})");
    const json body = json::parse(error_body({"c", "line\n\xFF", "\0"s}));
    CHECK(body["error"]["message"] == "line\n\xEF\xBF\xBD");
    CHECK(body["error"]["hint"] == "\0"s);
  }

  TEST_CASE("an error that travelled as JSON is the same at the other end") {
    const auto error = error_in_body(error_body({"a", "line\n\"x\"", "do"}));
    REQUIRE(error);
    CHECK(error->code == "a");
    CHECK(error->message == "line\n\"x\"");
    CHECK(error->hint == "do");
    for (const char* other : {"", "[]", "{}", "{\"error\":\"x\"}", "{\"error\":{\"code\":\"x\"}}",
                              "{\"error\":{\"message\":1}}", "{\"error\":["}) {
      CAPTURE(other);
      CHECK(!error_in_body(other));
    }
  }
}

}  // namespace patchbay
