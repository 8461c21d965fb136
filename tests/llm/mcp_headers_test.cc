// SPDX-License-Identifier: MIT
#include "mcp_headers.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace {

using nlohmann::json;

json schema(const json& properties) {
  return {{"type", "object"}, {"properties", properties}};
}
json marked(const json& name, const std::string& type = "string") {
  return {{"type", type}, {"x-mcp-header", name}};
}
bool refuses(const json& whole) {
  try {
    llm::mcp::mirrored_in(whole);
  } catch (const std::invalid_argument&) {
    return true;
  }
  return false;
}

}  // namespace

TEST_SUITE("mcp_headers") {
  TEST_CASE("a value that no header can have goes as Base64, as in the protocol's own examples") {
    using llm::mcp::header_value;
    CHECK(header_value("us-west1") == "us-west1");
    CHECK(header_value("") == "");
    CHECK(header_value("Hello, 世界") == "=?base64?SGVsbG8sIOS4lueVjA==?=");
    CHECK(header_value(" padded ") == "=?base64?IHBhZGRlZCA=?=");
    CHECK(header_value("line1\nline2") == "=?base64?bGluZTEKbGluZTI=?=");
    CHECK(header_value("=?base64?literal?=") == "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=");
  }

  TEST_CASE("no value makes the host put a key of the operator's in its place") {
    CHECK(llm::mcp::names_secret("x{secret:openai}"));
    CHECK(llm::mcp::header_value("{secret:openai}") == "=?base64?e3NlY3JldDpvcGVuYWl9?=");
  }

  TEST_CASE("arguments that a schema marks are mirrored, wherever properties lead to them") {
    const auto mirrored = llm::mcp::mirrored_in(schema(
        {{"region", marked("Region")},
         {"a/b", schema({{"deep", marked("Deep", "integer")}, {"on", marked("On", "boolean")}})},
         {"query", {{"type", "string"}}}}));
    CHECK(mirrored.size() == 3);
    const auto headers = llm::mcp::mirror(
        mirrored, {{"region", "us-west1"}, {"a/b", {{"deep", -7}, {"on", true}}}, {"query", "q"}});
    const llm::mcp::Headers wanted = {
        {"Mcp-Param-Deep", "-7"}, {"Mcp-Param-On", "true"}, {"Mcp-Param-Region", "us-west1"}};
    CHECK(headers == wanted);
    CHECK(llm::mcp::mirror(mirrored, {{"region", nullptr}}).empty());
    CHECK(llm::mcp::mirror(mirrored, json::object()).empty());
  }

  TEST_CASE("a tool with a mark where none may be is not to be offered") {
    CHECK(refuses(schema({{"x", marked("")}})));
    CHECK(refuses(schema({{"x", marked("a b")}})));
    CHECK(refuses(schema({{"x", marked("a\r\nb")}})));
    CHECK(refuses(schema({{"x", marked(7)}})));
    CHECK(refuses(schema({{"x", marked("X", "number")}})));
    CHECK(refuses(schema({{"x", marked("Same")}, {"y", marked("same")}})));
    CHECK(refuses(schema({{"x", {{"type", "array"}, {"items", marked("X")}}}})));
    CHECK(refuses({{"type", "object"}, {"x-mcp-header", "X"}}));
    CHECK(refuses({{"type", "object"}, {"anyOf", {schema({{"x", marked("X")}})}}}));
    CHECK(refuses({{"$defs", {{"d", marked("X")}}}, {"type", "object"}}));
    CHECK(!refuses(schema({{"x", {{"type", "object"}, {"default", marked("X")}}}})));
  }
}
