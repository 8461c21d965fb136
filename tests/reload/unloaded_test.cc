// SPDX-License-Identifier: MIT
// What was unloaded by hand stays so until somebody says otherwise.
#include "reload/admin_socket.h"
#include "reload/gated.h"

namespace patchbay::test {
namespace {

// Two agents of one plugin: "speaker", which can be gated, and "night".
struct Twins : Gated {
  explicit Twins(const std::string& night = "", const std::string& speaker = "") {
    change(night, speaker);
  }
  void change(const std::string& night = "", const std::string& speaker = "") const {
    configure(speaker + "[agents.night]\nplugin = \"speaker\"\n[agents.night.config]\n" + night);
  }
  [[nodiscard]] int ask(const std::string& path, const std::string& body = "") const {
    return ask_admin(socket, "POST", path, body).status;
  }
};

bool serves(HostProcess& host, const std::string& agent) {
  return status_at(host, "/agents/" + agent) == 200;
}

TEST_SUITE("unloaded") {
  TEST_CASE("an agent that was unloaded stays so when a new build of its plugin comes") {
    const Twins stage;
    HostProcess host(stage.setup());
    CHECK(serves(host, "night"));
    CHECK(stage.ask("/agents/night/unload") == 200);
    const Json standing = Json::parse(ask_admin(stage.socket, "GET", "/agents").body);
    CHECK(standing["plugins"][0]["agents"] == Json::array({"speaker"}));
    CHECK(standing["plugins"][0]["unloaded"] == Json::array({"night"}));
    stage.put(version(2));
    CHECK(comes(host, 2));
    CHECK_FALSE(serves(host, "night"));
    SUBCASE("until it is loaded by name") {
      CHECK(stage.ask("/load", R"({"what":"night"})") == 200);
    }
    SUBCASE("until its file is loaded") {
      CHECK(stage.ask("/load", Json{{"what", stage.file.string()}}.dump()) == 200);
    }
    CHECK(words(host, "hello", "conv_1", "night") == "version 2");
  }

  TEST_CASE("a new build of a plugin that was unloaded is not taken by itself") {
    const Twins stage;
    HostProcess host(stage.setup());
    CHECK(words(host) == "version 1");
    CHECK(stage.ask("/agents/night/unload") == 200);
    CHECK(stage.ask("/agents/speaker/unload") == 200);
    stage.put(version(2));
    CHECK(host.logs_line({"passed over", "speaker.so"}));
    CHECK(stage.ask("/reload") == 200);
    CHECK_FALSE(serves(host, "speaker"));
    CHECK(stage.ask("/load", R"({"what":"speaker"})") == 200);
    CHECK(words(host) == "version 2");
    CHECK_FALSE(serves(host, "night"));
  }

  TEST_CASE("a configuration brings back those whose settings it changes, and no others") {
    const Twins stage;
    HostProcess host(stage.setup());
    CHECK(serves(host, "night"));
    CHECK(stage.ask("/agents/night/unload") == 200);
    stage.change("", "mood = \"sunny\"\n");
    CHECK(eventually([&] { return words(host, "config").find("sunny") != std::string::npos; }));
    CHECK_FALSE(serves(host, "night"));
    SUBCASE("also where nothing of the plugin serves any more") {
      CHECK(stage.ask("/agents/speaker/unload") == 200);
    }
    stage.change("mood = \"dark\"\n", "mood = \"sunny\"\n");
    CHECK(eventually([&] { return serves(host, "night"); }));
    CHECK(words(host, "config", "conv_1", "night").find("dark") != std::string::npos);
  }

  TEST_CASE("to go back while a version is tried is not taken for unloading") {
    const Twins stage;
    HostProcess host(stage.setup());
    CHECK(words(host) == "version 1");
    CHECK(stage.ask("/agents/night/unload") == 200);  // long before
    stage.put(version(2));
    CHECK(comes(host, 2));
    stage.close();
    stage.put(version(3));
    CHECK(has_tried(host, 3));
    CHECK(stage.ask("/agents/speaker/rollback") == 200);
    stage.open();
    CHECK(host.logs_line({"agent ready", "version=3.0.0"}));
  }
}

}  // namespace
}  // namespace patchbay::test
