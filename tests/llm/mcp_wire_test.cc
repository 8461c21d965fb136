// SPDX-License-Identifier: MIT
#include "mcp_wire.h"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace llm::mcp;
using llm::McpSettings;
using nlohmann::json;
using Fate = Reply::Fate;

McpSettings settings(const json& further = json::object()) {
  json one = {{"url", "https://tools.example/mcp"}};
  one.update(further);
  const json top = {{"mcp", json::array({one})}};
  return llm::read_mcp(llm::Table(top, ""))[0];
}

const json list = json::parse(R"({"nextCursor":"2","ttlMs":1500,"tools":[
  {"name":"stock","description":"What is left.","annotations":{"readOnlyHint":true},
   "inputSchema":{"$schema":"x","type":"object","properties":{"item":{"type":"string"}},
                  "required":["item"]}},
  {"name":"order","inputSchema":{"type":"object"}}]})");

// A page with one tool, of these fields.
Page page(json tool, const json& further = json::object(),
          const std::string& version = plain_version) {
  tool.emplace("name", "x");
  tool.emplace("inputSchema", json{{"type", "object"}});
  return read_page({{"tools", json::array({tool})}}, settings(further), version);
}

std::string header(const Letter& letter, const std::string& name) {
  for (const auto& [one, value] : letter.headers)
    if (one == name) return value;
  return "none";
}

Reply answered(const std::string& text) {
  return read_answer(json::parse(text));
}

}  // namespace

TEST_SUITE("mcp_wire") {
  TEST_CASE("since 2026-07-28 each request says who asks, in its head as in its body") {
    const Letter letter = list_tools(7, plain_version, "here");
    const json body = json::parse(letter.text);
    CHECK(body["id"] == 7);
    CHECK(body["params"]["cursor"] == "here");
    CHECK(body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] == "2026-07-28");
    CHECK(body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] == json::object());
    CHECK(header(letter, "MCP-Protocol-Version") == "2026-07-28");
    CHECK(header(letter, "Mcp-Method") == "tools/list");
    CHECK(header(letter, "Mcp-Name") == "none");
  }

  TEST_CASE("a call goes by the server's name for the tool, and mirrors what it marks") {
    const Page found =
        page({{"name", "sql.run"},
              {"inputSchema",
               {{"type", "object"},
                {"properties", {{"r", {{"type", "string"}, {"x-mcp-header", "R"}}}}}}}},
             {{"prefix", "db_"}});
    REQUIRE(found.tools.size() == 1);
    CHECK(found.tools[0].name == "db_sql_run");
    const Letter call = call_tool(3, plain_version, found.tools[0], {{"r", "eu"}});
    CHECK(json::parse(call.text)["params"]["name"] == "sql.run");
    CHECK(header(call, "Mcp-Name") == "sql.run");
    CHECK(header(call, "Mcp-Param-R") == "eu");
  }

  TEST_CASE("servers of before begin with a handshake, and are told no more than they know") {
    CHECK(json::parse(initialize(1).text)["params"]["protocolVersion"] == "2025-11-25");
    CHECK(header(initialize(1), "MCP-Protocol-Version") == "none");
    const Letter letter = list_tools(2, "2025-06-18", "");
    CHECK(json::parse(letter.text) ==
          json({{"jsonrpc", "2.0"}, {"id", 2}, {"method", "tools/list"}}));
    CHECK(header(letter, "MCP-Protocol-Version") == "2025-06-18");
    CHECK(header(letter, "Mcp-Method") == "none");
    CHECK(!json::parse(initialized("2025-06-18").text).contains("id"));
    CHECK(json::parse(cancelled(9, "2025-06-18").text)["params"]["requestId"] == 9);
  }

  TEST_CASE("the version is one of those that a server names, or begins with a handshake") {
    const auto after = [](const std::string& text) { return version_in(answered(text)); };
    CHECK(after(R"({"result":{"supportedVersions":["2027-01-01","2026-07-28"]}})") == "2026-07-28");
    CHECK(after(R"({"result":{"supportedVersions":["2025-06-18","2025-11-25"]}})") == "2025-11-25");
    CHECK(after(R"({"result":{"supportedVersions":["2027-01-01"]}})") == "");
    CHECK(
        after(R"({"error":{"code":-32022,"message":"no","data":{"supported":["2027-01-01"]}}})") ==
        "");
    CHECK(
        after(R"({"error":{"code":-32022,"message":"no","data":{"supported":["2025-03-26"]}}})") ==
        "2025-03-26");
    CHECK(after(R"({"error":{"code":-32601,"message":"no"}})") == std::nullopt);
    CHECK(after(R"({"result":{}})") == std::nullopt);
    CHECK(version_in({Fate::late, "late"}) == std::nullopt);
    CHECK(is_handshake_version("2025-03-26"));
    CHECK(!is_handshake_version("2026-07-28"));
  }

  TEST_CASE("the tools of a list are served as models can be told of them") {
    const Page found = read_page(list, settings(), plain_version);
    CHECK(found.next == "2");
    CHECK(found.fresh_for == llm::Ms(1500));
    REQUIRE(found.tools.size() == 2);
    CHECK(found.tools[0].description == "What is left.");
    CHECK(found.tools[1].description == "order");
    CHECK(!found.tools[0].parameters.contains("$schema"));
    CHECK(!found.tools[0].schema.complaint(json::object()).empty());
    CHECK(page({{"name", "2nd.day"}}).tools.at(0).name == "_2nd_day");
    CHECK(page({{"title", "The title"}}).tools.at(0).description == "The title");
    CHECK(page({{"description", std::string(5000, 'x') + "é"}}).tools.at(0).description.size() ==
          4000);
  }

  TEST_CASE("what cannot be served is left out and named") {
    const auto refused = [](const json& tool) { return page(tool).refused.size() == 1; };
    CHECK(refused({{"name", std::string(65, 'a')}}));
    CHECK(refused({{"name", ""}}));
    CHECK(refused({{"name", 7}}));
    CHECK(refused({{"inputSchema", {{"type", "array"}}}}));
    CHECK(refused({{"inputSchema", "x"}}));
    CHECK(refused({{"inputSchema", {{"properties", {{"x", {{"type", "strong"}}}}}}}}));
    CHECK(refused({{"inputSchema", {{"description", std::string(40'000, 'x')}}}}));
    CHECK(refused({{"inputSchema", {{"properties", {{"x", {{"x-mcp-header", "a b"}}}}}}}}));
    CHECK(read_page({{"tools", 7}}, settings(), plain_version).tools.empty());
    CHECK(read_page({{"tools", {7, nullptr}}}, settings(), plain_version).refused.size() == 2);
  }

  TEST_CASE(
      "a tool changes something unless it says that it reads, or the operator says which do") {
    const Page found = read_page(list, settings(), plain_version);
    CHECK(!found.tools[0].mutating);
    CHECK(found.tools[1].mutating);
    const Page told = read_page(list, settings({{"mutating", {"stock"}}}), plain_version);
    CHECK(told.tools[0].mutating);
    CHECK(!told.tools[1].mutating);
    CHECK(read_page(list, settings({{"tools", {"order"}}}), plain_version).tools.size() == 1);
  }

  TEST_CASE("only the answer to a request is one") {
    const auto id_of = [](const std::string& text) { return id_of_answer(read_message(text)); };
    CHECK(!id_of(R"({"jsonrpc":"2.0","method":"notifications/progress"})"));
    CHECK(!id_of(R"({"jsonrpc":"2.0","id":4,"method":"ping"})"));
    CHECK(!id_of(R"({"id":"4","result":{}})"));
    CHECK(!id_of(R"({"id":99999999999,"result":{}})"));
    CHECK(!id_of("nonsense"));
    CHECK(!id_of("[]"));
    CHECK(id_of(R"({"jsonrpc":"2.0","id":4,"result":{"a":1}})") == 4);
    CHECK(answered(R"({"id":4,"result":{"a":1}})").result["a"] == 1);
    CHECK(!answered(R"({"id":4,"result":7})").ok());
  }

  TEST_CASE("what surely was not done is told apart from what nobody knows") {
    CHECK(answered(R"({"error":{"code":-32602,"message":"no such tool"}})").is_surely_undone());
    CHECK(answered(R"({"error":{"code":-32020,"message":"headers"}})").is_surely_undone());
    CHECK(!answered(R"({"error":{"code":-32603,"message":"broke"}})").is_surely_undone());
    CHECK(!answered(R"({"error":{"code":-32000,"message":"who knows"}})").is_surely_undone());
    CHECK(!answered(R"({"error":{"code":1e99}})").error.empty());
    CHECK(Reply{Fate::unsent, "x"}.is_surely_undone());
    CHECK(!Reply{Fate::late, "x"}.is_surely_undone());
    CHECK(!Reply{Fate::lost, "x"}.is_surely_undone());
  }

  TEST_CASE("a server that asks us is told that we are there, and of nothing else") {
    const auto answer = [](const char* method) {
      return json::parse(answer_to({{"id", "s1"}, {"method", method}}, "2025-06-18").text);
    };
    CHECK(answer("ping") == json({{"jsonrpc", "2.0"}, {"id", "s1"}, {"result", json::object()}}));
    CHECK(answer("sampling/createMessage")["error"]["code"] == -32601);
  }

  TEST_CASE("a result is its text, or what it has beside") {
    const auto brought = [](const char* text) { return read_result(json::parse(text)).text; };
    CHECK(brought(R"({"content":[{"type":"text","text":"a"},
                     {"type":"image","data":"","mimeType":"image/png"}]})") ==
          "a\n(image of type image/png, which cannot be shown here)");
    CHECK(brought(R"({"content":[{"type":"resource","resource":{"uri":"x","text":"inside"}}]})") ==
          "inside");
    CHECK(brought(R"({"content":[{"type":"resource_link","name":"menu","uri":"file:///m"}]})") ==
          "(menu: file:///m)");
    CHECK(brought(R"({"content":[],"structuredContent":{"n":1}})") == R"({"n":1})");
    CHECK(brought(R"({"content":[7,null]})").size() > 1);
    CHECK(brought("{}") == "(The answer is empty.)");
  }

  TEST_CASE("a result that is an error, asks back or is of an unknown kind is none") {
    const auto end = [](const char* text) { return read_result(json::parse(text)).end; };
    CHECK(end(R"({"resultType":"complete","content":[]})") == Brought::End::done);
    CHECK(end(R"({"isError":true,"content":[]})") == Brought::End::failed);
    CHECK(end(R"({"resultType":"input_required","inputRequests":{}})") == Brought::End::failed);
    CHECK(end(R"({"resultType":"task"})") == Brought::End::unknown);
  }
}
