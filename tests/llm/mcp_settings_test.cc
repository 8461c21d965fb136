// SPDX-License-Identifier: MIT
#include "mcp_settings.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace {

using nlohmann::json;

llm::McpSettings read(const json& one) {
  const json top = {{"mcp", json::array({one})}};
  return llm::read_mcp(llm::Table(top, ""))[0];
}
llm::McpSettings with(const json& further = json::object()) {
  json one = {{"url", "https://tools.example/mcp"}};
  one.update(further);
  return read(one);
}

bool refuses(const json& one, const std::string& key) {
  try {
    read(one);
  } catch (const std::invalid_argument& refused) {
    return std::string(refused.what()).rfind(key + " ", 0) == 0;
  }
  return false;
}

}  // namespace

TEST_SUITE("mcp_settings") {
  TEST_CASE("a server has a URL, or is a program") {
    CHECK(with().name() == "mcp[0] (https://tools.example/mcp)");
    CHECK(!with().is_command());
    const llm::McpSettings program = read({{"command", {"/bin/echo", "-n", "{x}"}}});
    CHECK(program.is_command());
    CHECK(program.command == std::vector<std::string>{"/bin/echo", "-n", "{x}"});
    CHECK(program.name() == "mcp[0] (/bin/echo)");
    CHECK(with({{"secret", "key"}}).headers.at(0).second == "Bearer {secret:key}");
  }

  TEST_CASE("what is left out is as the manifest says") {
    const llm::McpSettings plain = with();
    CHECK(plain.timeout == llm::Ms(5000));
    CHECK(!plain.only);
    CHECK(!plain.mutating);
    CHECK(plain.show.empty());
    CHECK(llm::read_mcp(llm::Table(json::object(), "")).empty());
  }

  TEST_CASE("what is wrong is refused by the name of its key") {
    const std::string url = "http://t/mcp";
    CHECK(refuses(json::object(), "mcp[0].url"));
    CHECK(refuses({{"url", "tools"}}, "mcp[0].url"));
    CHECK(refuses({{"url", url}, {"tools", "stock"}}, "mcp[0].tools"));
    CHECK(refuses({{"url", url}, {"mutating", {1}}}, "mcp[0].mutating"));
    CHECK(refuses({{"url", url}, {"timeout_ms", "x"}}, "mcp[0].timeout_ms"));
    CHECK(refuses({{"url", url}, {"prefix", "my shop"}}, "mcp[0].prefix"));
    CHECK(refuses({{"url", url}, {"command", {"/bin/echo"}}}, "mcp[0].url"));
    CHECK(refuses({{"secret", "x"}, {"command", {"/bin/echo"}}}, "mcp[0].secret"));
    CHECK(refuses({{"command", "/bin/echo"}}, "mcp[0].command"));
    CHECK(refuses({{"command", json::array()}}, "mcp[0].command"));
    CHECK(refuses({{"command", {"echo"}}}, "mcp[0].command"));
    CHECK(refuses({{"command", {"/no/such/program"}}}, "mcp[0].command"));
  }
}
