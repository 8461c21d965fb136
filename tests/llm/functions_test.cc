// SPDX-License-Identifier: MIT
// Functions of another agent as tools: a real host with an agent of llm and one that offers them,
// and a model that calls them by script.
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "reload/admin_socket.h"
#include "scene.h"

namespace patchbay::test {
namespace {

namespace fs = std::filesystem;

std::string function(const std::string& name, const std::string& further = "") {
  return "[[agents.shop.config.tools]]\nkind = \"agent\"\nagent = \"bakery\"\nfunction = \"" +
         name + "\"\n" + further + "\n";
}

// The shop, which a model speaks for, and the bakery, whose functions it has.
struct Street {
  explicit Street(const std::string& tools, const std::string& further = "") {
    fs::create_directory(home.path / "plugins");
    bring(1);
    std::string shop = agent("shop", model, "") + provider("shop", "openai", "m", model) + tools;
    shop.insert(shop.find("plugin"), "may_call = [\"bakery\"]\n");
    toml = "[admin]\nsocket = \"" + socket + "\"\n[server]\nmetrics = true\n" + further +
           "[agents.bakery]\nplugin = \"" + bakery.string() + "\"\n" + shop;
    std::ofstream(home.of("p.toml")) << toml;
  }
  void open() {
    host = std::make_unique<HostProcess>(
        serving(plugin_directory(), {"--config", home.of("p.toml"), "--log-level", "debug"}));
    REQUIRE(host->port() != 0);
  }
  // That version's file, whole at once.
  void bring(int version) const {
    const fs::path coming = home.path / "coming";
    fs::copy_file(
        fs::path(fixture_directory()) / "offerer" / ("offerer_" + std::to_string(version) + ".so"),
        coming, fs::copy_options::overwrite_existing);
    fs::rename(coming, bakery);
  }
  std::string hears(const std::string& text, const std::string& conversation = "conv_1") {
    return say(host->port(), "shop", text, conversation).spoken();
  }
  // What came of one call, in words of the model's.
  std::string told(const std::string& name, const std::string& arguments = "{}") {
    return hears("[[tool=" + name + ":" + arguments + " then text=\"{result}\"]]",
                 "conv_" + std::to_string(++talks));
  }
  Webhook turn(const std::string& text, const std::string& id) const {
    Webhook webhook;
    webhook.path = "/agents/shop";
    webhook.body = message(text, "conv_turns", id);
    return webhook;
  }
  Line begins(const std::string& text, const std::string& id) {
    Line line(host->port());
    line.send(turn(text, id).request());
    CHECK(line.read_head().status == 200);
    return line;
  }

  TempDir home;
  fs::path bakery = home.path / "plugins" / "bakery.so";
  std::string socket = home.of("admin.sock");
  Model model;
  std::string toml;
  std::unique_ptr<HostProcess> host;
  int talks = 0;
};

}  // namespace

TEST_SUITE("functions") {
  TEST_CASE("the model is told what a function does and takes, and the caller what came of it") {
    Street street(function("echo") + function("fail") + function("doubt") +
                  function("echo",
                           "name = \"again\"\ndescription = \"Mine.\"\nshow = true\n"
                           "parameters = { properties = { text = { enum = [\"hi\"] } } }") +
                  function("block", "timeout_ms = 200"));
    street.open();
    CHECK(street.told("echo", R"({"text":"hi"})") == "1: hi");
    const Json tools = street.model.asked_of("m").back()["body"]["tools"];
    REQUIRE(tools.size() == 5);
    CHECK(tools[0]["function"]["name"] == "echo");
    CHECK(tools[0]["function"]["description"] == "Says the text again.");
    CHECK(tools[0]["function"]["parameters"]["required"] == Json::array({"text"}));
    CHECK(tools[3]["function"]["name"] == "again");
    CHECK(tools[3]["function"]["description"] == "Mine.");

    // Nothing is called before its arguments fit, and who does not learn it may not call at all.
    CHECK(street.hears(R"([[tool=echo:{"txt":"hi"} then tool=echo:{"text":"now"}
                           then text="{result}"]])") == "1: now");
    CHECK(street.model.asked_of("m").back().dump().find("do not fit the schema") !=
          std::string::npos);
    CHECK(street.told("fail") == "no flour is left");
    CHECK(street.told("doubt").find("the till is broken Nobody knows whether it was done") == 0);
    CHECK(street.told("block") == "It took longer than 200 ms.");
    CHECK(street.host->logs("block ends"));  // its agent was told, and has let go of the thread
    CHECK(street.host->logs_line({"tools[1] (fail)", "no flour is left"}));
    const Answer shown = say(street.host->port(), "shop",
                             R"([[tool=again:{"text":"hi"} then text="There."]])", "conv_show");
    CHECK(shown.body.find(R"({"result":"1: hi","tool":"again"})") != std::string::npos);
    const std::string metrics = get(street.host->port(), "/metrics").body;
    CHECK(metrics.find("patchbay_tool_calls_total{agent=\"shop\",of=\"bakery\",function=\"block\","
                       "outcome=\"timed_out\"} 1") != std::string::npos);
  }

  TEST_CASE("a function that hangs is cut with its turn, and what changes something runs once") {
    Street street(function("hold", "timeout_ms = 600000") + function("count"),
                  "[webhook]\nduplicates = \"run\"\n");
    street.open();
    {
      Line line =
          street.begins(R"([[before="Well." tool=hold:{} then text="{result}"]])", "turn_1");
      CHECK(street.host->logs("hold begins"));
      CHECK(send(street.host->port(), street.turn("[[text=\"Yes?\"]] Hello?", "turn_2")).spoken() ==
            "Yes?");
    }
    CHECK(street.host->logs_line({"a function is cancelled: 2", "agent=bakery"}));
    const char* const order = R"([[tool=count:{"text":"soup"} then text="{result}"]] soup)";
    CHECK(send(street.host->port(), street.turn(order, "turn_3")).spoken() == "number 1");
    CHECK(send(street.host->port(), street.turn(order, "turn_3")).spoken() == "number 1");
    CHECK(send(street.host->port(), street.turn(order, "turn_4")).spoken() == "number 2");
    street.host->signal(SIGTERM);
    CHECK(street.host->wait() == 0);
  }

  TEST_CASE("under calls the called plugin is replaced, unloaded and loaded again") {
    Street street(function("hold", "timeout_ms = 600000") + function("echo") + function("news"),
                  "[plugins]\nprobation = 0\n");
    street.open();
    CHECK(street.told("news").find("There is no tool of that name") == 0);
    CHECK(street.host->logs_line({"tools[2] (news)", "agent bakery offers no function 'news'"}));
    {
      Line line =
          street.begins(R"([[before="Well." tool=hold:{} then text="{result}"]])", "turn_1");
      CHECK(street.host->logs("hold begins"));
      street.bring(2);
      CHECK(eventually([&] { return street.told("echo", R"({"text":"hi"})") == "2: hi"; }));
      CHECK(street.told("news") == "rolls");  // without a change of the shop
      CHECK(street.host->log().find("version unmapped") == std::string::npos);
    }  // the caller hangs up
    CHECK(street.host->logs_line({"a function is cancelled: 1", "agent=bakery"}));
    CHECK(street.host->logs_line({"version unmapped", "version=1.0.0"}));

    CHECK(ask_admin(street.socket, "POST", "/agents/bakery/unload").status == 200);
    CHECK(street.told("news") == "agent bakery is not loaded (patchbay agents shows why)");
    CHECK(ask_admin(street.socket, "POST", "/load", R"({"what":"bakery"})").status == 200);
    CHECK(street.told("echo", R"({"text":"hi"})") == "2: hi");
  }

  TEST_CASE("the shop of the document does what is said of it") {
    const Model model;
    std::ifstream file(PATCHBAY_SOURCE_DIR "/docs/examples/llm-agents.toml");
    std::string toml{std::istreambuf_iterator<char>(file), {}};
    const auto put = [&](const std::string& old, const std::string& by) {
      REQUIRE(toml.find(old) != std::string::npos);
      toml.replace(toml.find(old), old.size(), by);
    };
    put("https://api.openai.com", "http://" + model.address());
    put("api.openai.com", model.address());
    put("OPENAI_API_KEY", "MODEL_KEY");
    Hosting host(toml);
    CHECK(host.hears("shop", R"([[tool=price_of:{"item":"baguette"} then text="{result}"]])")
              .spoken()
              .find(R"(Let me have a look. {"currency":"euro","item":"baguette","price":1.8)") ==
          0);
    CHECK(host.hears("shop", R"([[tool=opening_hours:{"day":"sunday"} then text="{result}"]])")
              .spoken()
              .find(R"("sunday":"closed")") != std::string::npos);
  }

  TEST_CASE("an agent that the shop may not call is refused by the tool's name") {
    Street street(function("echo"));
    std::string toml = street.toml;
    toml.replace(toml.find("may_call = [\"bakery\"]"), 21, "");
    std::ofstream(street.home.of("p.toml")) << toml;
    HostProcess host(serving(plugin_directory(), {"--config", street.home.of("p.toml")}));
    CHECK(host.wait() != 0);
    CHECK(host.log().find("tools[0].agent: agent shop may not call functions of agent 'bakery' "
                          "(add it to may_call in [agents.shop])") != std::string::npos);
  }
}

}  // namespace patchbay::test
