// SPDX-License-Identifier: MIT
#include "codec/tool_facts.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace patchbay {
namespace {

std::string complaint(const std::vector<ToolFacts>& tools) {
  const Problem wrong = check_tools(tools);
  return wrong ? wrong->message : "none";
}

ToolFacts takes(const std::string& parameters) {
  return {"stock", "What is left.", parameters};
}

TEST_SUITE("tool_facts") {
  TEST_CASE("functions with a name, a description and a schema are taken") {
    CHECK(complaint({}) == "none");
    CHECK(complaint({takes(""), {"order-2", "Orders.", R"({"type":"object"})", true}}) == "none");
    CHECK(complaint({takes(R"({"properties":{"item":{"type":"string"}}})")}) == "none");
  }

  TEST_CASE("what no host could offer is refused by the function's name") {
    const auto says = [](const std::vector<ToolFacts>& tools, const std::string& words) {
      CHECK_MESSAGE(complaint(tools).find(words) != std::string::npos, complaint(tools));
    };
    for (const char* name : {"", "a b", "1st", "caf\xc3\xa9"})
      says({{name, "What is left.", ""}}, "cannot be named");
    says({{std::string(65, 'a'), "What is left.", ""}}, "cannot be named");
    says({{"stock", "", ""}}, "'stock' wants a description");
    says({{"stock", std::string(4001, 'x'), ""}}, "'stock' wants a description");
    says({{"stock", "\xff", ""}}, "'stock' wants a description");
    says({takes("{")}, "'stock' are no JSON schema");
    says({takes(R"({"type":"array"})")}, "'stock' are no schema of an object");
    says({takes("true")}, "'stock' are no");
    says({takes(R"({"$ref":"https://example.com/s"})")}, "'stock' are no JSON schema");
    says({takes("{\"title\":\"" + std::string(most_schema, 'x') + "\"}")}, "more than 32 KiB");
    says({takes(""), takes("")}, "two functions of the name 'stock'");
    says(std::vector<ToolFacts>(most_tools + 1, takes("")), "more than 128");
  }

  TEST_CASE("arguments to try a function with are found in its schema") {
    const ToolFacts tool = takes(
        R"({"required":["item","n","how"],"additionalProperties":false,"properties":{
            "item":{"type":"string","minLength":3},"n":{"type":"integer","minimum":2},
            "how":{"enum":["dark","light"]},"where":{"type":"boolean"}}})");
    CHECK(fitting_arguments(tool) == R"({"how":"dark","item":"xxx","n":2})");
    CHECK(unfitting_arguments(tool) == "{}");
    CHECK(fitting_arguments(takes("")) == "{}");
    CHECK(!unfitting_arguments(takes("")));
    CHECK(unfitting_arguments(takes(R"({"properties":{"a":{"type":"string"}}})")) ==
          R"({"a":null})");
    // A pattern is more than a guess can meet.
    CHECK(!fitting_arguments(
        takes(R"({"required":["a"],"properties":{"a":{"type":"string","pattern":"^[0-9]$"}}})")));
  }
}

}  // namespace
}  // namespace patchbay
