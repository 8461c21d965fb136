// SPDX-License-Identifier: MIT
// Which version answers which turn, and when the old one goes.
#include <signal.h>

#include "reload/stage.h"

namespace patchbay::test {
namespace {

// A host whose speaker is configured, so that held turns can be released.
struct Configured : Stage {
  std::string config = (home.path / "p.toml").string();
  std::string release = (home.path / "release").string();

  explicit Configured(const std::string& agent = "", const std::string& plugins_table = "",
                      const std::string& more = "") {
    configure(agent, plugins_table, more);
  }
  void configure(const std::string& agent, const std::string& plugins_table = "",
                 const std::string& more = "") const {
    write("coming.toml", "[plugins]\n" + plugins_table + "\n[agents.speaker]\n" + agent +
                             "\n[agents.speaker.config]\nrelease = \"" + release + "\"\n" + more);
    fs::rename(home.path / "coming.toml", config);
  }
  [[nodiscard]] HostProcess::Setup setup() const {
    return serving(plugins.string(), {"--config", config});
  }
  void let_go() const { std::ofstream(release) << "now"; }
};

std::string rest_of(Line& line) {
  std::string spoken;
  while (const auto event = line.next_event()) {
    if (event->at("type") == "response.tts") spoken += event->at("content").get<std::string>();
  }
  return spoken;
}

TEST_SUITE("versions") {
  TEST_CASE("a turn ends on the version it began with, and the next one has the new version") {
    Configured stage("", "probation = 0");
    HostProcess host(stage.setup());
    Line held = hold(host);
    CHECK(held.next_event()->at("content") == "1 begins");
    stage.put(version(2));
    CHECK(comes(host, 2));
    CHECK(host.log().find("version unmapped") == std::string::npos);
    stage.let_go();
    CHECK(rest_of(held) == "1 ends");
    CHECK(host.logs_line({"version unmapped", "version=1.0.0"}));
  }

  TEST_CASE("a conversation may stay on the version it began with, until its session ends") {
    Configured stage("pin = \"conversation\"", "probation = 0");
    HostProcess host(stage.setup());
    CHECK(words(host, "hello", "conv_old") == "version 1");
    stage.put(version(2));
    CHECK(host.logs_line({"agent ready", "version=2.0.0"}));
    CHECK(words(host, "hello", "conv_new") == "version 2");
    CHECK(words(host, "hello", "conv_old") == "version 1");
    Webhook end;
    end.path = "/agents/speaker";
    end.body = event("session.end", "", "conv_old");
    CHECK(send(host.port(), end).status == 200);
    CHECK(host.logs_line({"version unmapped", "version=1.0.0"}));
    CHECK(words(host, "hello", "conv_old") == "version 2");
  }

  TEST_CASE("a pinned conversation moves on when the old version has waited long enough") {
    Configured stage("pin = \"conversation\"",
                     "probation = 0\npin_timeout = \"100ms\"\nreload_drain = \"100ms\"");
    HostProcess host(stage.setup());
    CHECK(words(host, "hello", "conv_old") == "version 1");
    stage.put(version(2));
    CHECK(eventually([&] { return words(host, "hello", "conv_old") == "version 2"; }));
    CHECK(host.logs_line({"version unmapped", "version=1.0.0"}));
  }

  TEST_CASE("turns that outlast reload_drain are cut off and end properly") {
    Configured stage("", "probation = 0\nreload_drain = \"200ms\"");
    HostProcess host(stage.setup());
    Line held = hold(host);
    CHECK(held.next_event()->at("content") == "1 begins");
    stage.put(version(2));
    CHECK(comes(host, 2));
    CHECK(rest_of(held).empty());  // what it says after the cancel is not heard
    CHECK(host.logs_line({"a replaced version is cut off", "message"}));
    CHECK(host.logs_line({"turn", "version=1.0.0", "outcome=replaced"}));
    CHECK(host.logs_line({"version unmapped", "version=1.0.0"}));
  }

  TEST_CASE("a task that posts itself again ends with its version, and so does that") {
    Stage stage;
    stage.write("p.toml",
                "[plugins]\nprobation = 0\nreload_drain = \"100ms\"\n"
                "[agents.speaker]\n[agents.speaker.config]\ntick_ms = 1\n");
    stage.put(fixture_file("probe"));
    HostProcess host(serving(stage.plugins, {"--config", (stage.home.path / "p.toml").string()}));
    CHECK(words(host, "say hi") == "hi");
    stage.put(version(2));
    CHECK(comes(host, 2));
    CHECK(host.logs_line({"a replaced version is cut off", "task"}));
    CHECK(host.logs_line({"version unmapped", "generation=1"}));
  }

  TEST_CASE("a changed configuration is a new agent beside the old, swapped in as a build is") {
    Configured stage;
    HostProcess host(stage.setup());
    CHECK(words(host, "config").find("mood") == std::string::npos);
    Line held = hold(host);
    CHECK(held.next_event()->at("content") == "1 begins");
    stage.configure("", "", "mood = \"sunny\"\n");
    CHECK(eventually([&] { return words(host, "config").find("sunny") != std::string::npos; }));
    stage.let_go();
    CHECK(rest_of(held) == "1 ends");
  }

  TEST_CASE("a configuration with a fault is refused with its line, and the last good one stays") {
    Configured stage;
    HostProcess host(stage.setup());
    CHECK(words(host) == "version 1");
    stage.configure("turn_timout = \"1s\"");
    CHECK(host.logs_line({"configuration refused", "p.toml:4", "turn_timeout"}));
    CHECK(words(host) == "version 1");
    SUBCASE("also where an agent that it adds cannot be loaded: nothing of it takes effect") {
      stage.configure("", "", "mood = \"sunny\"\n[agents.other]\nplugin = \"missing\"\n");
      CHECK(host.logs_line({"configuration refused", "agent other", "missing.so"}));
      CHECK(words(host, "config").find("sunny") == std::string::npos);
    }
    SUBCASE("and one that is good is taken, with agents that come and go") {
      stage.configure("", "", "[agents.other]\nplugin = \"speaker\"\n");
      CHECK(eventually([&] { return say(host.port(), "other", "hi").status == 200; }));
      stage.configure("");
      CHECK(eventually([&] { return say(host.port(), "other", "hi").status == 404; }));
      CHECK(words(host) == "version 1");
    }
  }

  TEST_CASE("SIGHUP has the configuration read again, and with it the secrets") {
    Configured stage;
    stage.write("secret", "first");
    stage.configure("secrets = \"file:" + (stage.home.path / "secret").string() + "\"",
                    "watch = false");
    HostProcess host(stage.setup());
    const auto status_with = [&](const char* secret) {
      Webhook webhook;
      webhook.path = "/agents/speaker";
      webhook.secret = secret;
      webhook.body = message("hello");
      return send(host.port(), webhook).status;
    };
    CHECK(status_with("first") == 200);
    stage.write("secret", "second");
    host.signal(SIGHUP);
    CHECK(host.logs("configuration taken"));
    CHECK(status_with("second") == 200);
    CHECK(status_with("first") == 401);
    CHECK(host.log().find("generation=2") == std::string::npos);  // no agent was made anew for it
  }

  TEST_CASE("what waits for a restart is named") {
    Configured stage;
    HostProcess host(stage.setup());
    CHECK(words(host) == "version 1");
    stage.configure("", "", "[server]\nmax_turns = 7\n");
    CHECK(host.logs_line({"waits for a restart", "key=server.max_turns"}));
  }

  TEST_CASE("a version comes in also where every worker is held by the one it replaces") {
    Configured stage("max_workers = 2", "probation = 0", "[server]\nmax_workers = 2\n");
    HostProcess host(stage.setup());
    Line first = hold(host, "conv_1");
    Line second = hold(host, "conv_2");
    CHECK(first.next_event()->at("content") == "1 begins");
    CHECK(second.next_event()->at("content") == "1 begins");
    stage.put(version(2));
    CHECK(host.logs_line({"agent ready", "version=2.0.0"}));
    stage.let_go();
    CHECK(rest_of(first) == "1 ends");
    CHECK(comes(host, 2));
  }

  TEST_CASE("the old version's reply may still be open when the host goes down") {
    Configured stage("", "probation = 0");
    HostProcess host(stage.setup());
    Line held = hold(host);
    CHECK(held.next_event()->at("content") == "1 begins");
    stage.put(version(2));
    CHECK(comes(host, 2));
    host.signal(SIGTERM);
    CHECK(host.logs("draining"));
    stage.let_go();
    CHECK(rest_of(held) == "1 ends");
    CHECK(host.wait() == 0);
  }
}

}  // namespace
}  // namespace patchbay::test
