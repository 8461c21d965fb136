// SPDX-License-Identifier: MIT
#include "tool.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace {

using nlohmann::json;

// Some tools in JSON, as their fields.
llm::Tools read(const json& tools) {
  const json top = {{"tools", tools}};
  return llm::read_tools(llm::Table(top, ""));
}

std::string refusal(const json& tools) {
  try {
    read(tools);
  } catch (const std::invalid_argument& refused) {
    return refused.what();
  }
  return "none";
}

json http(json further = json::object()) {
  json tool = {{"name", "weather"},
               {"description", "The weather."},
               {"kind", "http"},
               {"url", "http://127.0.0.1:1/w/{city}"},
               {"parameters", {{"properties", {{"city", {{"type", "string"}}}}}}}};
  tool.update(further);
  return tool;
}

json command(const json& words) {
  return {{"name", "run"}, {"description", "Runs."}, {"kind", "command"}, {"command", words}};
}

}  // namespace

TEST_SUITE("tool") {
  TEST_CASE("what is left out is as the manifest says") {
    const llm::Tools tools = read(json::array({http(), command({"/bin/echo", "hi"})}));
    REQUIRE(tools.size() == 2);
    CHECK(tools[0].kind == llm::Tool::Kind::http);
    CHECK(tools[0].method == "POST");
    CHECK(tools[0].timeout == llm::Ms(5000));
    CHECK(!tools[0].mutating);
    CHECK(!tools[0].show);
    CHECK(tools[0].headers.at(0).first == "Content-Type");
    CHECK(tools[0].parameters["type"] == "object");
    CHECK(tools[1].parameters == json({{"type", "object"}, {"properties", json::object()}}));
    CHECK(read(json::array()).empty());
  }

  TEST_CASE("a secret goes by its name, in a header") {
    const auto tool = read(json::array({http(
        {{"secret", "shop"}, {"method", "GET"}, {"headers", {{"X-Till", "{secret:till}"}}}})}));
    CHECK(tool[0].headers.size() == 2);
    CHECK(tool[0].headers[0].second == "{secret:till}");
    CHECK(tool[0].headers[1].second == "Bearer {secret:shop}");
  }

  TEST_CASE("what is wrong is refused by the name of its key") {
    const auto names = [](const json& tools, const std::string& key) {
      const std::string why = refusal(tools);
      CHECK_MESSAGE(why.rfind(key + " ", 0) == 0, why);
    };
    const auto one = [](json tool) { return json::array({std::move(tool)}); };
    names("x", "tools");
    names(json::array({"x"}), "tools[0]");
    names(one(http({{"name", "the weather"}})), "tools[0].name");
    names(one(http({{"name", "1st"}})), "tools[0].name");
    names(json::array({http(), http()}), "tools[1].name");
    names(one(http({{"description", ""}})), "tools[0].description");
    names(one(http({{"kind", "grpc"}})), "tools[0].kind");
    names(one(http({{"parameters", "x"}})), "tools[0].parameters");
    names(one(http({{"parameters", {{"type", "string"}}}})), "tools[0].parameters.type");
    names(one(http({{"parameters", {{"properties", 1}}}})), "tools[0].parameters.properties");
    names(one(http({{"url", "http://h/{town}"}})), "tools[0].url");
    names(one(http({{"url", "h/{city}"}})), "tools[0].url");
    names(one(http({{"url", "http://{city}/"}})), "tools[0].url");
    names(one(http({{"method", "LOOK"}})), "tools[0].method");
    names(one(http({{"method", "GET"}, {"body", "x"}})), "tools[0].body");
    names(one(http({{"body", "{town}"}})), "tools[0].body");
    names(one(http({{"headers", {{"a", 1}}}})), "tools[0].headers.a");
    names(one(http({{"timeout_ms", 0}})), "tools[0].timeout_ms");
    names(one(http({{"mutating", "yes"}})), "tools[0].mutating");
    names(one(command("/bin/echo")), "tools[0].command");
    names(one(command(json::array())), "tools[0].command");
    names(one(command({"echo"})), "tools[0].command");
    names(one(command({"/no/such/program"})), "tools[0].command");
    names(one(command({"/bin/echo", "{x}"})), "tools[0].command");
  }

  TEST_CASE("a function of another agent says of itself what is left out") {
    const json function = {{"kind", "agent"}, {"agent", "bakery"}, {"function", "stock"}};
    const auto with = [&](const json& further) {
      json all = function;
      all.update(further);
      return json::array({all});
    };
    const llm::Tool plain = read(with(json::object())).at(0);
    CHECK(plain.kind == llm::Tool::Kind::agent);
    CHECK(plain.name == "stock");
    CHECK(plain.description.empty());
    CHECK(!plain.parameters_given);
    CHECK(!plain.mutating_given);
    const llm::Tool own =
        read(with({{"name", "left"}, {"mutating", false}, {"parameters", json::object()}})).at(0);
    CHECK(own.name == "left");
    CHECK(own.parameters_given);
    CHECK(own.mutating_given);
    CHECK(refusal(with({{"agent", ""}})).rfind("tools[0].agent is missing", 0) == 0);
    CHECK(refusal(with({{"function", ""}})).rfind("tools[0].function is missing", 0) == 0);
    CHECK(refusal(with({{"function", "in stock"}})).rfind("tools[0].function wants", 0) == 0);
    CHECK(refusal(json::array({function, function})).rfind("tools[1].name is that", 0) == 0);
  }

  TEST_CASE("a schema that cannot be checked is refused") {
    const auto with = [](const json& city) {
      return refusal(json::array({http({{"parameters", {{"properties", {{"city", city}}}}}})}));
    };
    CHECK(with({{"type", "string"}, {"pattern", "^a+$"}, {"format", "date"}}) == "none");
    CHECK(with({{"type", "strong"}}).rfind("tools[0].parameters is no schema", 0) == 0);
    CHECK(with({{"minimum", "x"}}).rfind("tools[0].parameters is no schema", 0) == 0);
    CHECK(with({{"pattern", "("}}).rfind("tools[0].parameters is no schema", 0) == 0);
    CHECK(with({{"$ref", "http://elsewhere/"}}).find("$ref") != std::string::npos);
    CHECK(with({{"$ref", "#/properties/city"}}).find("refers to itself") != std::string::npos);
  }
}
