// SPDX-License-Identifier: MIT
// What an operator is told while something is under way.
#include "reload/admin_socket.h"
#include "reload/gated.h"

namespace patchbay::test {
namespace {

std::string doing(const std::string& socket) {
  return Json::parse(ask_admin(socket, "GET", "/agents").body).at("plugins").at(0).at("doing");
}

TEST_SUITE("standing") {
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
