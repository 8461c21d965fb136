// SPDX-License-Identifier: MIT
#include "state/board.h"

#include <doctest/doctest.h>

#include "support/toy_host.h"

namespace patchbay {
namespace {

AgentConfig agent_named(const std::string& name) {
  return test::named(name);
}

VersionPtr version(Board& board, const std::string& number) {
  auto made = std::make_shared<Version>();
  made->number = board.next_number();
  made->version = number;
  made->candidate = *Candidate::stage(test::fixture("probe"));
  made->generation = *Generation::load(*made->candidate, test::any_manifest());
  made->agents = {*made->generation->make_agent(agent_named("bakery"), test::toy_table(), nullptr)};
  return made;
}

struct OnePlugin {
  Board board;
  Plugin& plugin = board.plugin("/plugins/bakery.so");
  VersionPtr first = version(board, "1");
  VersionPtr second = version(board, "2");
  OnePlugin() {
    plugin.agents = {agent_named("bakery")};
    Board::put_in(plugin, first, true);
  }
};

// Does the route take what was signed with that secret?
bool takes(const Route& route, const std::string& secret) {
  const UnixSeconds now = unix_now();
  return !verify_signature(sign("{}", Secret(secret), now), "{}", route.keys, now);
}

TEST_SUITE("board") {
  TEST_CASE("the first version serves at once, for there is none to go back to") {
    OnePlugin one;
    CHECK(one.first->state == VersionState::current);
    CHECK(one.plugin.standby == nullptr);
    CHECK(one.board.served() == std::vector<std::string>{"bakery"});
  }

  TEST_CASE("the next one is on probation, and its predecessor stands by") {
    OnePlugin one;
    CHECK(Board::put_in(one.plugin, one.second, true).empty());
    CHECK(one.second->state == VersionState::probation);
    CHECK(one.first->state == VersionState::standby);
    SUBCASE("until it has proved itself") {
      CHECK(Board::end_probation(one.plugin) == std::vector<VersionPtr>{one.first});
      CHECK(one.second->state == VersionState::current);
      CHECK(one.first->state == VersionState::draining);
    }
    SUBCASE("or fails: then the predecessor serves again") {
      Board::put_back(one.plugin);
      CHECK(one.plugin.current == one.first);
      CHECK(one.first->state == VersionState::current);
      CHECK(one.second->state == VersionState::draining);
      CHECK_FALSE(one.plugin.previous);
    }
    SUBCASE("or a third one comes: then only its predecessor stays warm") {
      const VersionPtr third = version(one.board, "3");
      CHECK(Board::put_in(one.plugin, third, true) == std::vector<VersionPtr>{one.first});
      CHECK(one.plugin.standby == one.second);
      CHECK(third->state == VersionState::probation);
    }
  }

  TEST_CASE("without a probation the old version drains at once, and its bytes are kept") {
    OnePlugin one;
    CHECK(Board::put_in(one.plugin, one.second, false) == std::vector<VersionPtr>{one.first});
    CHECK(one.second->state == VersionState::current);
    REQUIRE(one.plugin.previous);
    CHECK(one.plugin.previous->digest() == one.first->candidate->digest());
  }

  TEST_CASE("what is taken out is served no more, and the plugin is still known") {
    OnePlugin one;
    Board::put_in(one.plugin, one.second, true);
    CHECK(Board::take_out(one.plugin).size() == 2);
    CHECK(one.board.served().empty());
    CHECK(one.board.find("bakery") == &one.plugin);
    CHECK(Board::has_agents(one.plugin));
  }

  TEST_CASE("of versions that are gone only the last few are told of") {
    OnePlugin one;
    for (int i = 0; i < 10; ++i) {
      auto gone = std::make_shared<Version>();
      gone->state = VersionState::unmapped;
      gone->number = one.board.next_number();
      one.plugin.past.push_front(gone);
    }
    one.board.tidy();
    CHECK(one.plugin.past.size() == 3);
    CHECK(one.plugin.past.front()->number == 12);
  }

  TEST_CASE("a plugin that no agent is left for is forgotten when its last version is gone") {
    OnePlugin one;
    one.plugin.agents.clear();
    Board::take_out(one.plugin);
    one.board.tidy();
    REQUIRE(one.board.plugins.size() == 1);
    one.plugin.past.front()->state = VersionState::unmapped;
    one.board.tidy();
    CHECK(one.board.plugins.empty());
  }

  TEST_CASE("refused digests are remembered, but not without end") {
    OnePlugin one;
    for (int i = 0; i < 1000; ++i)
      Board::refuse(one.plugin, {"truncated", "it is cut off", ""}, "", std::to_string(i), {});
    CHECK(one.plugin.refused.size() <= 16);
    CHECK(one.plugin.refused.contains("999"));
    REQUIRE(one.plugin.last_refusal);
    CHECK(one.plugin.last_refusal->why.code == "truncated");
  }

  TEST_CASE("what is taken at last was not refused") {
    OnePlugin one;
    one.second->digest = "abc";
    Board::refuse(one.plugin, {"rolled_back", "it was rolled back by hand", ""}, "2", "abc", {});
    Board::put_in(one.plugin, one.second, true);
    CHECK_FALSE(one.plugin.last_refusal);
    CHECK_FALSE(one.plugin.refused.contains("abc"));
  }

  TEST_CASE("of agents that share a plugin one can be closed, and the last one takes it out") {
    OnePlugin one;
    one.plugin.agents = {agent_named("bakery"), agent_named("night")};
    one.first->agents.push_back(
        *one.first->generation->make_agent(agent_named("night"), test::toy_table(), nullptr));
    CHECK(Board::close(one.plugin, "night"));
    CHECK(one.board.served() == std::vector<std::string>{"bakery"});
    CHECK(one.board.table({}, {Secret("s")}, "")->by_name.size() == 1);
    CHECK_FALSE(Board::close(one.plugin, "bakery"));
    CHECK(Board::is_unloaded(one.plugin));
  }

  TEST_CASE("what is closed stays so with the next version, and until its settings change") {
    OnePlugin one;
    AgentConfig night = agent_named("night");
    one.plugin.agents = {agent_named("bakery"), night};
    Board::close(one.plugin, "night");
    one.second->agents.push_back(
        *one.second->generation->make_agent(night, test::toy_table(), nullptr));
    Board::put_in(one.plugin, one.second, true);
    CHECK(one.board.served() == std::vector<std::string>{"bakery"});
    SUBCASE("those of others are no reason, nor is the fallback of all") {
      AgentConfig bakery = agent_named("bakery");
      bakery.config_json = R"({"mood": "sunny"})";
      night.fallback = "one moment";
      Board::configure(one.plugin, {bakery, night});
      CHECK(one.plugin.closed.contains("night"));
    }
    SUBCASE("its own are") {
      night.config_json = R"({"mood": "sunny"})";
      Board::configure(one.plugin, {agent_named("bakery"), night});
      CHECK(one.board.served() == std::vector<std::string>{"bakery", "night"});
    }
    SUBCASE("and so is its leaving") {
      Board::configure(one.plugin, {agent_named("bakery")});
      CHECK(one.plugin.closed.empty());
    }
  }

  TEST_CASE("agents with secrets of their own have those, the others the webhook's") {
    OnePlugin one;
    const auto own = one.board.table({{"bakery", {Secret("own")}}}, {Secret("shared")}, "bakery");
    CHECK(takes(own->by_name.at("bakery"), "own"));
    CHECK_FALSE(takes(own->by_name.at("bakery"), "shared"));
    CHECK(own->default_agent == "bakery");
    const auto shared = one.board.table({}, {Secret("shared")}, "");
    CHECK(takes(shared->by_name.at("bakery"), "shared"));
  }
}

}  // namespace
}  // namespace patchbay
