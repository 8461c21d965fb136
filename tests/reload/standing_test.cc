// SPDX-License-Identifier: MIT
// What an operator is told while something is under way.
#include <csignal>

#include "reload/admin_socket.h"
#include "reload/gated.h"

namespace patchbay::test {
namespace {

std::string doing(const std::string& socket) {
  return Json::parse(ask_admin(socket, "GET", "/agents").body).at("plugins").at(0).at("doing");
}

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST_SUITE("standing") {
  TEST_CASE("a file that was refused is tried again when it is asked for, and at no reload") {
    Stage stage;
    const std::string socket = stage.home.of("admin");
    const std::string config = stage.home.of("p.toml");
    stage.write("p.toml", "");
    stage.put(fixture_file("fails_selftest"), "sick.so");
    HostProcess host(serving(stage.plugins, {"--admin", socket, "--config", config}));
    CHECK(words(host) == "version 1");
    const auto trials = [&] { return times(host.log(), "trying a plugin"); };
    CHECK(eventually([&] { return trials() == 2; }));
    CHECK(ask_admin(socket, "POST", "/reload").status == 200);
    stage.write("p.toml", "[plugins]\nprobation = \"1s\"\n");
    CHECK(host.logs("configuration taken"));
    CHECK(ask_admin(socket, "POST", "/reload").status == 200);
    const std::string sick = Json{{"what", (stage.plugins / "sick.so").string()}}.dump();
    CHECK(ask_admin(socket, "POST", "/load", sick).status == 422);
    stage.write("p.toml", "[plugins]\nprobe_timeout = \"20s\"\n");  // other terms
    CHECK(ask_admin(socket, "POST", "/reload").status == 200);
    host.signal(SIGTERM);
    CHECK(host.wait() == 0);
    CHECK(trials() == 4);  // at the start two, then one that was asked for, and one under new terms
  }

  TEST_CASE("while a configuration is tried, each plugin that it changes says so") {
    Gated stage;
    HostProcess host(stage.setup());
    CHECK(words(host) == "version 1");
    CHECK(doing(stage.socket).empty());
    stage.close();
    stage.configure("mood = \"sunny\"\n");
    CHECK(has_tried(host, 2));
    CHECK(eventually([&] { return doing(stage.socket).starts_with("trying it for "); }));
    stage.open();
    CHECK(host.logs("configuration taken"));
    CHECK(eventually([&] { return doing(stage.socket).empty(); }));
  }
}

}  // namespace
}  // namespace patchbay::test
