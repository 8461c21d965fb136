// SPDX-License-Identifier: MIT
// What an operator says goes before what comes by itself, also while that is under way.
#include "reload/admin_socket.h"
#include "reload/gated.h"

namespace patchbay::test {
namespace {

TEST_SUITE("overruled") {
  TEST_CASE("an agent that is unloaded while its next version is tried stays unloaded") {
    Gated stage;
    HostProcess host(stage.setup());
    CHECK(words(host) == "version 1");
    stage.close();
    stage.put(version(2));
    CHECK(has_tried(host, 2));
    Line asked = Line::to_unix_socket(stage.socket);
    asked.send("POST /agents/speaker/unload HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    CHECK(host.logs("agent unloaded"));
    stage.open();
    CHECK(asked.read_answer().status == 200);
    CHECK(host.logs_line({"plugin refused", "code=unloaded"}));
    CHECK(status_at(host, "/agents/speaker") == 404);
    CHECK(ask_admin(stage.socket, "POST", "/load", R"({"what":"speaker"})").status == 200);
    CHECK(words(host) == "version 2");
  }

  TEST_CASE("a configuration does not bring back what was rolled back") {
    Gated stage;
    HostProcess host(stage.setup());
    CHECK(words(host) == "version 1");
    stage.put(version(2));
    CHECK(comes(host, 2));
    SUBCASE("before it came") {
      CHECK(ask_admin(stage.socket, "POST", "/agents/speaker/rollback").status == 200);
      stage.configure("mood = \"sunny\"\n");
    }
    SUBCASE("while it was tried") {
      stage.close();
      stage.configure("mood = \"sunny\"\n");
      CHECK(has_tried(host, 3));
      CHECK(ask_admin(stage.socket, "POST", "/agents/speaker/rollback").status == 200);
      stage.open();
    }
    CHECK(eventually([&] { return words(host, "config").find("sunny") != std::string::npos; }));
    CHECK(words(host) == "version 1");
  }

  TEST_CASE("an agent with another name is the default one, as after a restart") {
    Gated stage;
    HostProcess host(stage.setup());
    CHECK(status_at(host, "/api/agent") == 200);
    stage.configure("", "other");
    CHECK(eventually([&] { return status_at(host, "/agents/other") == 200; }));
    CHECK(status_at(host, "/api/agent") == 200);
  }

  TEST_CASE("a file that was refused is told of until it is gone, whatever goes meanwhile") {
    Stage stage;
    stage.write("p.toml", "[plugins]\nprobation = 0\n");
    const std::string socket = (stage.home.path / "admin").string();
    HostProcess host(serving(
        stage.plugins, {"--config", (stage.home.path / "p.toml").string(), "--admin", socket}));
    CHECK(words(host) == "version 1");
    const auto is_told_of = [&] {
      return ask_admin(socket, "GET", "/agents").body.find("broken.so") != std::string::npos;
    };
    stage.put(fixture_file("text"), "broken.so");
    CHECK(host.logs_line({"plugin refused", "broken.so"}));
    stage.put(version(2));
    CHECK(host.logs_line({"version unmapped", "version=1.0.0"}));
    CHECK(is_told_of());
    fs::remove(stage.plugins / "broken.so");
    CHECK(eventually([&] { return !is_told_of(); }));
  }
}

}  // namespace
}  // namespace patchbay::test
