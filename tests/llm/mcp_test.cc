// SPDX-License-Identifier: MIT
// Tools of a server of the Model Context Protocol, with a real host and a model by script.
#include <fstream>
#include <iterator>

#include "mcp_server.h"

namespace patchbay::test {
namespace {

std::string mcp(const ScriptedServer& service, const std::string& further = "") {
  return "[[agents.shop.config.mcp]]\nurl = \"" + service.url("/mcp") + "\"\n" + further;
}

// Tools come a moment after the host is there.
bool is_met(Shop& shop) {
  return shop.host->process().logs_line({"mcp[0]", "2 tools"});
}
bool knows(Shop& shop, const std::string& name) {
  return eventually([&] {
    shop.hears("[[text=\"Yes.\"]]", "conv_0");
    return shop.last_body().value("tools", Json::array()).dump().find("\"" + name + "\"") !=
           std::string::npos;
  });
}

// What the model was told of the call of that tool with that item.
std::string told(Shop& shop, const std::string& tool, const std::string& item,
                 const std::string& conversation = "conv_1") {
  return shop
      .hears("[[tool=" + tool + ":{\"item\":\"" + item + "\"} then text=\"{result}.\"]]",
             conversation)
      .spoken();
}

}  // namespace

TEST_SUITE("mcp") {
  TEST_CASE(
      "the tools of a server are called, of either revision, answered as JSON or as a stream") {
    for (const char* version : {"2025-06-18", "2026-07-28"})
      for (const bool streams : {false, true}) {
        CAPTURE(version);
        CAPTURE(streams);
        McpServer server(version);
        server.streams = streams;
        Shop shop(server.script(), [](const auto& s) { return mcp(s, "prefix = \"shop_\"\n"); });
        CHECK(is_met(shop));
        CHECK(shop.hears(R"([[tool=shop_stock:{"item":"tea"} tool=shop_order:{"item":"cake"}
                              then text="{result}."]])")
                  .spoken() == "stock of tea | order of cake.");
        CHECK(told(shop, "shop_stock", "stones") == "stock of stones.");
        CHECK(server.calls == 3);
        const std::string unfit =
            shop.hears(R"([[tool=shop_stock:{} then text="{result}"]])").spoken();
        CHECK(unfit.find("schema") != std::string::npos);
        CHECK(server.calls == 3);
        CHECK(server.greetings == 1);
      }
  }

  TEST_CASE("what does not say that it only reads is done once") {
    McpServer server;
    Shop shop(server.script(), [](const auto& s) { return mcp(s); });
    CHECK(is_met(shop));
    // The second is the same act: the model has said nothing in between that was heard to its end.
    CHECK(shop.hears(R"([[tool=order:{"item":"tea"} then tool=order:{"item":"tea"}
                          tool=stock:{"item":"tea"} then tool=stock:{"item":"tea"}
                          then text="{result}."]])")
              .spoken() == "stock of tea.");
    CHECK(server.calls == 3);
  }

  TEST_CASE("a server that is away at the start is asked again, and the agent serves meanwhile") {
    McpServer server;
    server.down = true;
    Shop shop(server.script(), [](const auto& s) { return mcp(s); });
    CHECK(shop.hears("[[text=\"Yes.\"]]").spoken() == "Yes.");
    CHECK(shop.host->process().logs_line({"mcp[0]", "HTTP 503", "asked again later"}));
    server.down = false;
    CHECK(is_met(shop));
  }

  TEST_CASE("a session that the server has forgotten is begun anew, and no call is lost") {
    McpServer server;
    Shop shop(server.script(), [](const auto& s) { return mcp(s); });
    CHECK(is_met(shop));
    server.forget();
    CHECK(told(shop, "order", "tea") == "order of tea.");
    CHECK(server.calls == 1);
    CHECK(server.greetings == 2);
  }

  TEST_CASE("a list is asked for again, and tools come and go") {
    McpServer server;
    Shop shop(server.script(), [](const auto& s) { return mcp(s); });
    CHECK(is_met(shop));
    server.add_tool("menu");
    CHECK(knows(shop, "menu"));
    CHECK(told(shop, "menu", "tea") == "menu of tea.");
  }

  TEST_CASE("what fails is told to the model, as not done or as in doubt") {
    McpServer server;
    Shop shop(server.script(), [](const auto& s) { return mcp(s, "timeout_ms = 300\n"); });
    CHECK(is_met(shop));
    CHECK(told(shop, "order", "the missing one", "conv_2") == "There is no such tool..");
    CHECK(told(shop, "order", "the broken one", "conv_3").find("Nobody knows whether") !=
          std::string::npos);
    CHECK(told(shop, "order", "the slow one", "conv_4")
              .rfind("It took longer than 300 ms. Nobody", 0) == 0);
    // A server of before takes it that we still wait, unless it is told.
    CHECK(eventually([&] { return server.cancelled == 1; }));
    CHECK(told(shop, "order", "tea", "conv_5") == "order of tea.");
  }

  TEST_CASE("a caller who goes ends the call that only reads, and the server hears of it") {
    McpServer server;
    Shop shop(server.script(), [](const auto& s) { return mcp(s, "timeout_ms = 60000\n"); });
    CHECK(is_met(shop));
    {
      Line line =
          shop.host->begins("shop", R"([[tool=stock:{"item":"the slow one"} then text="x"]])");
      CHECK(eventually([&] { return server.calls == 1; }));
    }
    CHECK(eventually([&] { return server.cancelled == 1; }));
  }

  TEST_CASE("a server that asks us for something is told that there is nothing of the kind") {
    McpServer server;
    server.streams = true;
    server.asks_back = "elicitation/create";
    Shop shop(server.script(), [](const auto& s) { return mcp(s); });
    CHECK(is_met(shop));
    CHECK(told(shop, "stock", "tea") == "stock of tea.");
    CHECK(eventually([&] { return server.told_back().find("-32601") != std::string::npos; }));
  }

  TEST_CASE("a name that is taken is left out, and said once") {
    McpServer server;
    Shop shop(server.script(), [](const auto& s) {
      return tool("stock", asks(s, "/own") + takes("item = { type = \"string\" }")) + mcp(s);
    });
    CHECK(is_met(shop));
    CHECK(shop.host->process().logs_line({"mcp[0]", "stock is left out", "prefix"}));
    shop.hears("[[text=\"Yes.\"]]");
    const std::string offered = shop.last_body()["tools"].dump();
    CHECK(offered.find("\"stock\"") == offered.rfind("\"stock\""));
  }

  TEST_CASE("a server cannot have a key sent to it by the name of a session") {
    McpServer server;
    server.name_session("{secret:key}");
    Shop shop(server.script(), [](const auto& s) { return mcp(s); });
    CHECK(shop.host->process().logs_line({"mcp[0]", "not to be trusted"}));
    for (const Asked& asked : shop.service.asked())
      CHECK(asked.head.find("sk-test") == std::string::npos);
  }

  TEST_CASE("the servers of the document bring their tools") {
    McpServer server;
    const Model model;
    ScriptedServer service(server.script());
    std::ifstream file(PATCHBAY_SOURCE_DIR "/docs/examples/llm-mcp.toml");
    std::string toml{std::istreambuf_iterator<char>(file), {}};
    const auto put = [&](const std::string& old, const std::string& by) {
      REQUIRE(toml.find(old) != std::string::npos);
      for (std::size_t at = 0; (at = toml.find(old, at)) != std::string::npos; at += by.size())
        toml.replace(at, old.size(), by);
    };
    put("https://api.openai.com", "http://" + model.address());
    put("https://tools.example.com", "http://" + service.authority());
    put("api.openai.com", model.address());
    put("tools.example.com", service.authority());
    put("env:OPENAI_API_KEY", "env:MODEL_KEY");
    put("file:/run/secrets/tools", "env:MODEL_KEY");
    put("\"/opt/calendar/bin/python\", \"/opt/calendar/server.py\"",
        "\"/usr/bin/env\", \"python3\", \"" PATCHBAY_SOURCE_DIR
        "/tests/llm/mcp_program.py\", \"2026-07-28\"");
    Hosting host(toml);
    CHECK(host.process().logs_line({"mcp[0]", "2 tools"}));
    CHECK(host.process().logs_line({"mcp[1]", "5 tools"}));
    CHECK(host.hears("shop", R"([[tool=shop_stock:{"item":"tea"} tool=calendar_look:{"what":"it"}
                                  then text="{result}."]])")
              .spoken() == "Let me have a look. stock of tea | it.");
    CHECK(service.asked().back().head.find("Bearer sk-test-0123456789") != std::string::npos);
  }

  TEST_CASE("a server that we may not ask, or a bad setting, is refused at the start") {
    McpServer server;
    const auto refuses = [&](const std::string& toml, const std::vector<std::string>& words) {
      Shop shop(server.script(), [&](const auto&) { return toml; });
      CHECK(shop.host->process().wait() != 0);
      CHECK_MESSAGE(shop.host->process().logs_line(words), shop.host->process().log());
    };
    const std::string one = "[[agents.shop.config.mcp]]\n";
    refuses(one + "url = \"https://far.example/mcp\"\n", {"mcp[0]: ", "far.example"});
    refuses(one + "url = \"far.example\"\n", {"mcp[0].url"});
    refuses(one + "prefix = \"x\"\n", {"mcp[0].url", "missing"});
  }
}

}  // namespace patchbay::test
