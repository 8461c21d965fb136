// SPDX-License-Identifier: MIT
#include "codec/json_schema.h"

#include <doctest/doctest.h>

#include <string>

namespace patchbay {
namespace {

std::string verdict(std::string_view schema, std::string_view value) {
  const auto why = check_value(schema, value);
  return why ? why->code : "fits";
}

TEST_SUITE("json_schema") {
  TEST_CASE("the message names the offending key, the hint says what is wanted there") {
    const auto* schema =
        R"({"properties":{"calendar":{"properties":{"port":{"type":"integer","minimum":1}}}}})";
    const auto why = check_value(schema, R"({"calendar":{"port":"http"}})");
    REQUIRE(why);
    CHECK(why->code == "value_invalid");
    CHECK(why->message.starts_with("calendar.port: "));
    CHECK(why->hint == R"(the plugin wants {"minimum":1,"type":"integer"})");
  }

  TEST_CASE("a missing key and an unknown key are named, with the keys there are") {
    const auto* schema =
        R"({"required":["url"],"properties":{"url":{}},"additionalProperties":false})";
    const auto missing = check_value(schema, "{}");
    REQUIRE(missing);
    CHECK(missing->message.find("'url'") != std::string::npos);
    const auto unknown = check_value(schema, R"({"url":1,"urll":2})");
    REQUIRE(unknown);
    CHECK(unknown->message == "unknown key 'urll'");
    CHECK(unknown->hint == "the plugin knows these keys: url");
  }

  TEST_CASE("a value is never repeated: it may be a secret") {
    const auto* schema = R"({"properties":{"key":{"enum":["a"],"pattern":"^a$","maxLength":1}}})";
    const auto why = check_value(schema, R"({"key":"sk-123"})");
    REQUIRE(why);
    CHECK(why->text().find("sk-123") == std::string::npos);
  }

  TEST_CASE("a schema that leads back to itself is refused before it is followed") {
    CHECK(check_schema(R"({"$ref":"#"})"));
    CHECK(check_schema(R"({"properties":{"a":{"$ref":"#"}}})"));
    CHECK(check_schema(R"({"$ref":"#/a","a":{"$ref":"#/b"},"b":{"$ref":"#/a"}})"));
    CHECK(check_schema(R"({"$ref":"#//"})"));
    CHECK(check_schema(R"({"$ref":"#/%61","a":{}})"));
    CHECK(check_schema(R"({"$ref":"other.json"})"));
  }

  TEST_CASE("a schema that doubles with every reference is refused before it is followed") {
    std::string schema = R"({"a0":{"type":"string"})";
    for (int i = 1; i < 24; ++i) {
      const auto below = R"({"$ref":"#/a)" + std::to_string(i - 1) + "\"}";
      schema.append(",\"a").append(std::to_string(i)).append(R"(":{"allOf":[)");
      schema.append(below).append(",").append(below).append("]}");
    }
    CHECK(check_schema(schema + R"(,"$ref":"#/a23"})"));
  }

  TEST_CASE("a reference to a definition is followed") {
    const auto* schema = R"({"properties":{"a":{"$ref":"#/definitions/level"}},
                             "definitions":{"level":{"enum":["low","high"]}}})";
    CHECK(verdict(schema, R"({"a":"low"})") == "fits");
    CHECK(verdict(schema, R"({"a":"up"})") == "value_invalid");
  }

  TEST_CASE("a pattern is matched without stack and without endless trying") {
    const auto* schema = R"({"properties":{"a":{"pattern":"^(x|(y|.))*$"}}})";
    CHECK(verdict(schema, R"({"a":")" + std::string(4000, 'z') + "\"}") == "fits");
    const auto* slow = R"({"properties":{"a":{"pattern":"^(x*)*$"}}})";
    CHECK(verdict(slow, R"({"a":")" + std::string(1000, 'x') + "y\"}") == "value_invalid");
    CHECK(verdict(schema, R"({"a":")" + std::string(5000, 'z') + "\"}") == "value_invalid");
  }

  TEST_CASE("a pattern we cannot match is the schema's fault") {
    CHECK(verdict(R"({"pattern":"("})", "{}") == "schema_invalid");
    CHECK(verdict(R"({"pattern":"(a)\\1"})", "{}") == "schema_invalid");
    CHECK(verdict(R"({"pattern":")" + std::string(300, '(') + "\"}", "{}") == "schema_invalid");
    CHECK(verdict(R"({"patchbay:pattern":")" + std::string(300, '(') + "\"}", "{}") ==
          "schema_invalid");
    CHECK(verdict(R"({"patternProperties":{"^a":{}}})", "{}") == "schema_invalid");
  }

  TEST_CASE("divisors that would trap are refused, others work") {
    CHECK(check_schema(R"({"multipleOf":0})"));
    CHECK(check_schema(R"({"multipleOf":-1})"));
    const auto* huge = R"({"properties":{"a":{"multipleOf":18446744073709551615}}})";
    CHECK(verdict(huge, R"({"a":-9223372036854775808})") == "value_invalid");
    const auto* quarter = R"({"properties":{"a":{"multipleOf":15}}})";
    CHECK(verdict(quarter, R"({"a":45})") == "fits");
    CHECK(verdict(quarter, R"({"a":1e300})") != "schema_invalid");
    CHECK(verdict(quarter, R"({"a":50})") == "value_invalid");
  }

  TEST_CASE("a format is not checked") {
    CHECK(verdict(R"({"properties":{"a":{"format":"date"}}})", R"({"a":"yesterday"})") == "fits");
  }

  TEST_CASE("text that is no JSON is told from a schema that is none") {
    CHECK(verdict("{", "{}") == "schema_invalid");
    CHECK(verdict("[]", "{}") == "schema_invalid");
    CHECK(verdict(R"({"type":"nonsense"})", "{}") == "schema_invalid");
    CHECK(verdict("{}", "{") == "value_invalid");
  }
}

}  // namespace
}  // namespace patchbay
