// SPDX-License-Identifier: MIT
// Servers by the official SDK for Python, of today and of before 2.0, over HTTP and as programs.
#include <signal.h>

#include <filesystem>
#include <iostream>

#include "shop.h"
#include "support/free_port.h"

namespace patchbay::test {
namespace {

const std::string home = PATCHBAY_BINARY_DIR "/tests/llm/sdk";
const std::string python = home + "/venv/bin/python";
const std::string server = PATCHBAY_SOURCE_DIR "/tests/llm/sdk/server.py";

// ctest reads it, and calls the test skipped.
bool is_installed() {
  const bool there = std::filesystem::exists(home + "/installed");
  if (!there) std::cout << "skipped: the SDK is not to be had from the package index\n";
  return there;
}

std::string folder(const std::string& sdk) {
  return sdk == "1" ? home + "/sdk_1" : "-";
}

HostProcess::Setup http(const std::string& sdk, std::uint16_t port = 0) {
  HostProcess::Setup setup;
  setup.program = python;
  setup.arguments = {server, folder(sdk), "http", std::to_string(port)};
  return setup;
}

struct Site {
  explicit Site(const std::string& toml) : host(toml) {}
  // What the model was told of one call.
  std::string told(const std::string& tool, const std::string& arguments,
                   const std::string& conversation = "conv_1") {
    return host
        .hears("shop", "[[tool=" + tool + ":" + arguments + " then text=\"{result}\"]]",
               conversation)
        .spoken();
  }
  bool has_tools() { return host.process().logs_line({"mcp[0]", "4 tools"}); }
  Hosting host;
};

std::string toml(const Model& model, const std::string& mcp, const std::string& allow = "") {
  std::string text = agent("shop", model, "ear = false\n") +
                     provider("shop", "openai", "m", model) +
                     "[[agents.shop.config.mcp]]\ntimeout_ms = 20000\n" + mcp;
  if (!allow.empty()) text.replace(text.find("allow = ["), 9, "allow = [\"" + allow + "\", ");
  return text;
}

void try_tools(Site& site) {
  CHECK(site.has_tools());
  CHECK(site.told("stock", R"({"item":"tea"})") == "12 of tea");
  CHECK(site.told("stock", R"({"item":"stones"})").find("Error executing tool stock") !=
        std::string::npos);
  CHECK(site.told("order", R"({"lines":[{"item":"tea","count":2}]})").find("\"number\": 7") !=
        std::string::npos);
  CHECK(site.told("order", R"({"lines":[{"item":"tea","count":99}]})").find("do not fit") !=
        std::string::npos);
  CHECK(site.told("menu_picture", "{}").find("a menu") != std::string::npos);
}

}  // namespace

TEST_SUITE("mcp_sdk") {
  TEST_CASE("the tools of a server by the SDK are called, over HTTP") {
    if (!is_installed()) return;
    for (const char* sdk : {"1", "2"}) {
      CAPTURE(sdk);
      const Model model;
      HostProcess shop(http(sdk));
      const std::string authority = "127.0.0.1:" + std::to_string(shop.port());
      Site site(toml(model, "url = \"http://" + authority + "/mcp\"\n", authority));
      try_tools(site);
      // A caller who goes ends what he has begun.
      {
        Line line = site.host.begins("shop", R"([[tool=wait:{"seconds":600} then text="x"]])");
        CHECK(shop.logs("the wait has begun"));
      }
      CHECK(shop.logs("the wait was cancelled"));
    }
  }

  TEST_CASE("the tools of a server by the SDK are called, as a program") {
    if (!is_installed()) return;
    for (const char* sdk : {"1", "2"}) {
      CAPTURE(sdk);
      const Model model;
      Site site(toml(model, "command = [\"" + python + "\", \"" + server + "\", \"" + folder(sdk) +
                                "\", \"stdio\"]\n"));
      try_tools(site);
      {
        Line line = site.host.begins("shop", R"([[tool=wait:{"seconds":600} then text="x"]])");
        CHECK(site.host.process().logs_line({"mcp[0]", "the wait has begun"}));
      }
      CHECK(site.host.process().logs_line({"mcp[0]", "the wait was cancelled"}));
    }
  }

  TEST_CASE("a server that was started again has forgotten our session, and no call is lost") {
    if (!is_installed()) return;
    const Model model;
    const std::uint16_t port = free_port_to_keep();
    const std::string authority = "127.0.0.1:" + std::to_string(port);
    auto shop = std::make_unique<HostProcess>(http("1", port));
    CHECK(shop->port() == port);
    Site site(toml(model, "url = \"http://" + authority + "/mcp\"\n", authority));
    CHECK(site.has_tools());
    shop = nullptr;
    CHECK(site.told("stock", R"({"item":"tea"})").size() > 10);  // nobody is there
    shop = std::make_unique<HostProcess>(http("1", port));
    CHECK(shop->port() == port);
    CHECK(site.told("stock", R"({"item":"tea"})") == "12 of tea");
  }
}

}  // namespace patchbay::test
