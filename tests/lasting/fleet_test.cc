// SPDX-License-Identifier: MIT
// Two hosts that share a Redis: whichever takes a caller's next turn knows what the other has done.
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "codec/turn_record.h"
#include "lasting/scene.h"
#include "machine/redis_store.h"
#include "support/redis_server.h"
#include "support/wait.h"
#include "support/webhook.h"

namespace patchbay::test {
namespace {

struct Fleet {
  RedisServer redis;
  Scene scene{"unix:" + redis.socket()};
  std::vector<std::unique_ptr<HostProcess>> hosts;
  RedisStore store{{redis.address(), "patchbay:", {}}};

  Fleet() {
    for (int i = 0; i < 2; ++i) hosts.push_back(scene.open());
  }

  // Waits until so many turns stand in the store with their end: they are written behind the turn's
  // back.
  [[nodiscard]] bool has_written(const std::string& conversation, std::size_t turns) {
    return eventually([&] {
      const auto records = store.load("diary\n" + conversation);
      return records && std::count_if(records->begin(), records->end(), [](const Record& record) {
                          const auto turn = decode_turn_record(record.value);
                          return record.key.starts_with("t/") && turn && turn->ended_ms != 0;
                        }) == static_cast<std::ptrdiff_t>(turns);
    });
  }
};

TEST_SUITE("fleet") {
  TEST_CASE("turns of one conversation go to two hosts in turn, and each knows all of it") {
    Fleet fleet;
    std::string talk;
    for (std::size_t turn = 1; turn <= 12; ++turn) {
      CAPTURE(turn);
      HostProcess& host = *fleet.hosts[turn % 2];
      const std::string count = "count " + std::to_string(turn);
      CHECK(say_in(host, "diary", "ada", "count") == count);
      REQUIRE(fleet.has_written("ada", turn));
      talk += "caller: count | agent: " + count + " | ";
    }
    CHECK(say_in(*fleet.hosts[0], "diary", "ada", "history") == talk + "caller: history");
    REQUIRE(fleet.has_written("ada", 13));
    CHECK(say_in(*fleet.hosts[1], "diary", "ada", "history").starts_with(talk));
    CHECK(fleet.scene.deeds().size() == 12);
  }

  TEST_CASE("what one host learns of an interruption, the other knows as well") {
    Fleet fleet;
    HostProcess& one = *fleet.hosts[0];
    HostProcess& other = *fleet.hosts[1];
    Line line = begin(one, "diary", message("talk", "bob", "turn_1"));
    line.close();
    REQUIRE(fleet.has_written("bob", 1));
    CHECK(hear(other.port(), "diary", after_interruption("say hm", "bob", "turn_1", "one")).words ==
          "hm");
    REQUIRE(fleet.has_written("bob", 2));
    CHECK(say_in(one, "diary", "bob", "history") ==
          "caller: talk | agent: one [interrupted] | caller: say hm | agent: hm | caller: history");
  }

  TEST_CASE("a step that one host has done is not done by the other") {
    Fleet fleet;
    for (int round = 0; round < 3; ++round)
      for (const auto& host : fleet.hosts)
        CHECK(hear(host->port(), "diary", message("count", "eve", "turn_1")).words == "count 1");
    CHECK(fleet.scene.deeds() == std::vector<std::string>{"eve turn_1"});
  }
}

}  // namespace
}  // namespace patchbay::test
