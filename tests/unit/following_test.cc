// SPDX-License-Identifier: MIT
#include "flow/following.h"

#include <doctest/doctest.h>

#include "support/lookout.h"

namespace patchbay {
namespace {

struct Followed : test::Lookout {
  Log log{LogLevel::off, LogFormat::text};
  Following following{room.path / "p.toml", log};
  Config config;

  Followed() {
    config.plugin_directory = plugins.string();
    following.use(*watch);
  }
  // The same, with one agent that is named.
  [[nodiscard]] Config naming(const std::string& file) const {
    Config named = config;
    AgentConfig agent;
    agent.name = "a";
    agent.plugin = (room.path / file).string();
    named.agents.push_back(agent);
    return named;
  }
};

TEST_SUITE("following") {
  TEST_CASE("a configuration of a directory has that followed, and the configuration's own file") {
    Followed followed;
    followed.following.settle(followed.config);
    test::check_told_once(followed.told_of("echo 1 > plugins/a.so"), "plugins/a.so", "1\n");
    test::check_told_once(followed.told_of("echo 1 > p.toml"), "p.toml", "1\n");
  }

  TEST_CASE("the files of a certificate are followed, and forgotten with it") {
    Followed followed;
    Config tls = followed.config;
    tls.tls = {(followed.room.path / "aside/cert.pem").string(),
               (followed.room.path / "aside/key.pem").string()};
    followed.following.settle(tls);
    test::check_told_once(followed.told_of("echo 1 > aside/cert.pem"), "aside/cert.pem", "1\n");
    test::check_told_once(followed.told_of("echo 1 > aside/key.pem"), "aside/key.pem", "1\n");
    followed.following.settle(followed.config);
    test::check_told_once(followed.told_of("echo 2 > aside/key.pem; echo 2 > plugins/a.so"),
                          "plugins/a.so", "2\n");
  }

  TEST_CASE("what is tried is followed beside what is in force, until one of them settles") {
    Followed followed;
    followed.following.settle(followed.config);
    const Config other = followed.naming("aside/b.so");
    followed.following.add(other);
    test::check_told_once(followed.told_of("echo 1 > plugins/a.so"), "plugins/a.so", "1\n");
    test::check_told_once(followed.told_of("echo 1 > aside/b.so"), "aside/b.so", "1\n");
    SUBCASE("the new one") {
      followed.following.settle(other);
      test::check_told_once(followed.told_of("echo 2 > plugins/a.so; echo 2 > aside/b.so"),
                            "aside/b.so", "2\n");
    }
    SUBCASE("the old one") {
      followed.following.settle(followed.config);
      test::check_told_once(followed.told_of("echo 2 > plugins/a.so; echo 2 > aside/b.so"),
                            "plugins/a.so", "2\n");
    }
  }
}

}  // namespace
}  // namespace patchbay
