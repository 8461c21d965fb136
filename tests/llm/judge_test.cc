// SPDX-License-Identifier: MIT
#include "judge.h"

#include <doctest/doctest.h>

#include <string>

namespace {

using nlohmann::json;

llm::Tools order() {
  const json top = {{"tools",
                     {{{"name", "order"},
                       {"description", "Orders."},
                       {"kind", "http"},
                       {"url", "http://127.0.0.1:1/"},
                       {"parameters",
                        {{"properties",
                          {{"dish", {{"enum", {"soup", "cake"}}}},
                           {"count", {{"type", "integer"}, {"minimum", 1}}},
                           {"phone", {{"type", "string"}, {"pattern", "^[0-9]+$"}}}}},
                         {"required", {"dish"}},
                         {"additionalProperties", false}}}}}}};
  return llm::read_tools(llm::Table(top, ""));
}

std::string complaint(const std::string& arguments) {
  static const llm::Tools tools = order();
  return llm::judge(tools, {"1", "order", arguments, ""}).complaint;
}

}  // namespace

TEST_SUITE("judge") {
  TEST_CASE("a call that fits is run, with its arguments") {
    const llm::Tools tools = order();
    const auto judged = llm::judge(tools, {"1", "order", R"({"dish":"soup","count":2})", ""});
    CHECK(judged.tool == &tools[0]);
    CHECK(judged.arguments["count"] == 2);
    CHECK(judged.complaint.empty());
  }

  TEST_CASE("what does not fit is told with its place, and what fits") {
    CHECK(complaint(R"({"dish":"soup","count":"two"})").find("count: ") != std::string::npos);
    CHECK(complaint(R"({"dish":"soup","count":0})").find("count: ") != std::string::npos);
    CHECK(complaint(R"({"dish":"stew"})").find("dish: ") != std::string::npos);
    CHECK(complaint(R"({"count":1})").find("dish") != std::string::npos);
    CHECK(complaint(R"({"dish":"soup","size":1})").find("size") != std::string::npos);
    CHECK(complaint(R"({"dish":"soup","phone":"0x"})").find("phone: ") != std::string::npos);
    CHECK(complaint("").find("dish") != std::string::npos);  // none are {}
  }

  TEST_CASE("what is no object is told as what was written") {
    for (const char* broken : {"{\"dish\":", "[1]", "\"soup\"", "{}}"})
      CHECK(complaint(broken).find(std::string("no JSON object, so nothing was done: ") + broken) !=
            std::string::npos);
  }

  TEST_CASE("a tool that the model made up is told with those that there are") {
    const llm::Tools tools = order();
    const auto judged = llm::judge(tools, {"1", "cook", "{}", ""});
    CHECK(judged.tool == nullptr);
    CHECK(judged.complaint.find("There are: order.") != std::string::npos);
  }

  TEST_CASE("arguments that are deep, long or hard to match harm nobody") {
    CHECK(!complaint(std::string(100'000, '[')).empty());
    CHECK(!complaint("{\"dish\":" + std::string(1000, '[') + std::string(1000, ']') + "}").empty());
    CHECK(!complaint("{\"dish\":\"" + std::string(100'000, 'x') + "\"}").empty());
    CHECK(!complaint("{\"dish\":\"soup\",\"phone\":\"" + std::string(50'000, '1') + "\"}").empty());
    CHECK(llm::depth_of(R"({"a":"[[[","b":[1]})") == 2);
  }
}
