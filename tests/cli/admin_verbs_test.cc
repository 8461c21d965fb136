// SPDX-License-Identifier: MIT
// The verbs that talk to a running host, against an admin interface without plugins behind it.
#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "street/server.h"
#include "support/admin_house.h"
#include "support/host_process.h"
#include "support/wait.h"

namespace patchbay::test {
namespace {

struct Host : AdminHouse {
  std::unique_ptr<Server> server;

  Host() {
    steward.stands(eventful_night());
    open();
  }
  void open() {
    Server::Options options;
    options.socket = socket();
    options.reactors = 1;
    auto started = Server::start(options, admin.endpoints(), log);
    REQUIRE(started);
    server = *std::move(started);
  }
  [[nodiscard]] std::string socket() const { return place.of("patchbay-8080.sock"); }
  [[nodiscard]] HostProcess::Setup verb(std::vector<std::string> words) const {
    words.insert(words.end(), {"--admin", socket()});
    return {std::move(words), {}, {}};
  }
};

struct Said {
  int exit = -1;
  std::string out;
  std::string err;
};

Said run(const HostProcess::Setup& setup) {
  HostProcess process(setup);
  const int exit = process.wait();
  return {exit, process.output(), process.log()};
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_SUITE("admin_verbs") {
  TEST_CASE("agents shows a table without colours where nobody looks") {
    const Host host;
    const Said said = run(host.verb({"agents"}));
    CHECK(said.exit == 0);
    CHECK(said.err.empty());
    CHECK(has(said.out, "bakery   probation  1.4.2"));
    CHECK(has(said.out, "refused 2.0.1 (dddddddddddd), 1m ago: its self-test failed: no calendar"));
    CHECK(!has(said.out, "\x1b"));
  }

  TEST_CASE("agents --json is the host's own answer, one line of it") {
    const Host host;
    const Said said = run(host.verb({"agents", "--json"}));
    CHECK(said.exit == 0);
    CHECK(said.out == encode_standing(eventful_night()) + "\n");
  }

  TEST_CASE("the only host of this user is found without being named") {
    const Host host;
    HostProcess::Setup setup{{"log-level"}, {}, {}};
    setup.environment["RUNTIME_DIRECTORY"] = host.place.path.string();
    setup.environment["XDG_RUNTIME_DIR"] = "";
    const Said said = run(setup);
    // Another host may run on this machine: then both are listed.
    CHECK((said.out == "the log's level is off\n" || has(said.err, host.socket())));
  }

  TEST_CASE("agents --watch looks again and again, also over a restart, until Ctrl-C") {
    Host host;
    HostProcess process(host.verb({"agents", "--watch"}));
    const auto shows = [&](const std::string& text) {
      return eventually([&] { return has(process.output(), text); });
    };
    REQUIRE(shows("bakery"));
    host.server->stop();
    REQUIRE(shows("there is no socket " + host.socket() + "\nas it was:\n"));
    Standing later = eventful_night();
    later.plugins[0].generations[0].version = "1.5.0";
    host.steward.stands(later);
    host.open();
    REQUIRE(shows("1.5.0"));
    process.signal(SIGINT);
    CHECK(process.wait() == 0);
    CHECK(!has(process.output(), "\x1b"));
  }

  TEST_CASE("load says what serves after it, and gives a path as the host can find it") {
    Host host;
    Said said = run(host.verb({"load", "bakery"}));
    CHECK(said.exit == 0);
    CHECK(said.out == "loaded: bakery, night serve 1.4.2 (999999999999)\n");
    HostProcess::Setup here = host.verb({"load", "./florist.so"});
    here.directory = host.place.path.string();
    said = run(here);
    CHECK(said.out == "loaded: florist serves 2.0.0-rc1 (aaaaaaaaaaaa)\n");
    CHECK(host.steward.asked() ==
          std::vector<std::string>{
              "load bakery",
              "load " + std::filesystem::canonical(host.place.path).string() + "/florist.so"});
  }

  TEST_CASE(
      "a candidate that is refused is an error with its remedy, and no command to a terminal") {
    Host host;
    host.steward.ends(Error{"selftest_failed", "its self-test failed:\n\x1b[2Jno", "mend it"});
    const Said said = run(host.verb({"load", "bakery"}));
    CHECK(said.exit == 1);
    CHECK(said.out.empty());
    CHECK(said.err == "patchbay: its self-test failed:\n\xEF\xBF\xBD[2Jno\n  mend it\n");
  }

  TEST_CASE("unload waits, and says what it waits for") {
    Host host;
    host.steward.ends(std::nullopt, true);
    HostProcess process(host.verb({"unload", "bakery"}));
    REQUIRE(eventually([&] { return host.steward.asked().size() == 1; }));
    CHECK(host.steward.asked().front() == "unload bakery");
    Standing draining = eventful_night();
    draining.plugins[0].agents.clear();
    host.steward.stands(draining);
    REQUIRE(process.logs("1.4.0 waits for message turn turn_C4 of conv_B2 for 41 s, 1 task\n"));
    host.steward.finish();
    CHECK(process.wait() == 0);
    CHECK(process.output() == "unloaded: bakery\n");
  }

  TEST_CASE("a library that stays mapped is told, and the agent is gone all the same") {
    Host host;
    host.steward.ends(Error{steward_code::stays_mapped, "its library stays mapped", "rebuild it"});
    const Said said = run(host.verb({"unload", "bakery"}));
    CHECK(said.exit == 0);
    CHECK(said.out == "unloaded: bakery\n");
    CHECK(said.err == "patchbay: its library stays mapped\n  rebuild it\n");
  }

  TEST_CASE("rollback says what serves again; with nothing to go back to, why not") {
    Host host;
    Said said = run(host.verb({"rollback", "florist"}));
    CHECK(said.exit == 0);
    CHECK(said.out == "rolled back: florist serves 2.0.0-rc1 (aaaaaaaaaaaa)\n");
    host.steward.ends(
        Error{steward_code::nothing_to_roll_back_to, "florist has no other", "load one"});
    said = run(host.verb({"rollback", "florist"}));
    CHECK(said.exit == 1);
    CHECK(said.err == "patchbay: florist has no other\n  load one\n");
  }

  TEST_CASE("a rollback that has to load the version before says so while it does") {
    Host host;
    host.steward.ends(std::nullopt, true);
    HostProcess process(host.verb({"rollback", "florist"}));
    REQUIRE(process.logs("creating its agents for 12 s\n"));
    host.steward.finish();
    CHECK(process.wait() == 0);
    CHECK(process.output() == "rolled back: florist serves 2.0.0-rc1 (aaaaaaaaaaaa)\n");
  }

  TEST_CASE("a misspelt agent is answered with the one that was meant") {
    const Host host;
    for (const char* verb : {"unload", "rollback"}) {
      const Said said = run(host.verb({verb, "bakry"}));
      CHECK(said.exit == 1);
      CHECK(said.err == "patchbay: there is no agent 'bakry'\n  did you mean 'bakery'?\n");
    }
    CHECK(run(host.verb({"unload", "../load"})).exit == 1);
  }

  TEST_CASE("drain, log-level and reload say what they did") {
    Host host;
    CHECK(has(run(host.verb({"drain"})).out, "draining: /readyz says 503"));
    CHECK(host.health.draining());
    CHECK(has(run(host.verb({"agents"})).out, "DRAINING"));
    CHECK(has(run(host.verb({"drain", "--off"})).out, "ready"));
    CHECK(!host.health.draining());
    CHECK(run(host.verb({"log-level", "error"})).out == "the log's level is error\n");
    CHECK(host.log.level() == LogLevel::error);
    CHECK(run(host.verb({"log-level", "loud"})).exit == 2);
    CHECK(run(host.verb({"reload"})).out == "the configuration is reloaded\n");
    host.steward.ends(
        Error{"config_invalid", "p.toml:3:1: unknown key 'lisen'\np.toml:4:1: no", ""});
    const Said refused = run(host.verb({"reload"}));
    CHECK(refused.exit == 1);
    CHECK(refused.err == "p.toml:3:1: unknown key 'lisen'\np.toml:4:1: no\n");
  }

  TEST_CASE("where no host answers, every verb says so and what to do") {
    const Host host;
    host.server->stop();
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"agents"}, {"load", "x"}, {"unload", "x"}, {"rollback", "x"}}) {
      const Said said = run(host.verb(words));
      CHECK(said.exit == 1);
      CHECK(has(said.err,
                "patchbay: there is no socket " + host.socket() + "\n  see that a host runs"));
    }
  }
}

}  // namespace
}  // namespace patchbay::test
