// SPDX-License-Identifier: MIT
// Two hosts that share a Redis: whichever takes a caller's next turn knows what the other has done.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
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

  TEST_CASE("a turn that is delivered to both hosts at once runs once, and both get all of it") {
    Fleet fleet;
    for (int round = 1; round <= 5; ++round) {
      const std::string caller = "ada_" + std::to_string(round);
      const std::string body = message("slow 30", caller, "turn_1");
      std::vector<Heard> heard(6);
      std::vector<std::thread> lines;
      for (std::size_t i = 0; i < heard.size(); ++i)
        lines.emplace_back([&, i] { heard[i] = hear(fleet.hosts[i % 2]->port(), "diary", body); });
      for (std::thread& line : lines) line.join();
      CHECK(fleet.scene.deeds().size() == static_cast<std::size_t>(round));
      for (std::size_t host = 0; host < 2; ++host) {
        // Of those at one host the newest has the answer, and the others have had their end.
        CHECK(std::any_of(heard.begin(), heard.end(),
                          [](const Heard& one) { return one.words == "one two"; }));
        CHECK(hear(fleet.hosts[host]->port(), "diary", body).words == "one two");
      }
      for (const Heard& one : heard) CHECK(one.whole);
      REQUIRE(fleet.has_written(caller, 1));
    }
    CHECK(fleet.scene.deeds().size() == 5);
  }

  TEST_CASE("a turn that one host has answered, the other answers again without running it") {
    Fleet fleet;
    const std::string body = message("slow 1", "ada", "turn_1");
    CHECK(hear(fleet.hosts[0]->port(), "diary", body).words == "one two");
    CHECK(hear(fleet.hosts[1]->port(), "diary", body).words == "one two");
    CHECK(fleet.hosts[1]->logs_line({"delivered again", "how=repeated", "conversation=ada"}));
    // Late, while another turn speaks: it interrupts nobody.
    const auto talking =
        std::make_unique<Line>(begin(*fleet.hosts[0], "diary", message("talk", "ada", "turn_2")));
    CHECK(hear(fleet.hosts[1]->port(), "diary", body).words == "one two");
    CHECK_FALSE(fleet.hosts[0]->log().find("outcome=interrupted") != std::string::npos);
    CHECK(fleet.scene.deeds().size() == 1);
    talking->close();
  }

  TEST_CASE("a turn whose host is killed while it runs, the other answers when it comes again") {
    Fleet fleet;
    const Line cut = begin(*fleet.hosts[0], "diary", message("slow 60000", "ada", "turn_1"));
    const Line other = begin(*fleet.hosts[0], "diary", message("slow 60000", "bob", "turn_1"));
    CHECK(eventually([&] { return fleet.scene.deeds().size() == 2; }));
    fleet.hosts[0]->signal(SIGKILL);
    CHECK(fleet.hosts[0]->wait() == 128 + SIGKILL);
    // The same turn waits until that host is known to be dead; another need not.
    std::thread again([&] {
      Line same = begin(*fleet.hosts[1], "diary", message("slow 60000", "ada", "turn_1"));
      CHECK(same.next_event()->at("content") == "one");
      CHECK(fleet.hosts[1]->logs("another host runs this turn"));
    });
    CHECK(say_in(*fleet.hosts[1], "diary", "bob", "say Well") == "Well");
    again.join();
    CHECK(fleet.scene.deeds().size() == 3);
    CHECK(say_in(*fleet.hosts[1], "diary", "ada", "history")
              .starts_with("caller: slow 60000 | agent: one"));
  }

  TEST_CASE("who speaks to one host interrupts what the other is saying to him") {
    Fleet fleet;
    for (int round = 0; round < 5; ++round) {
      const std::string caller = "eve_" + std::to_string(round);
      Line talking = begin(*fleet.hosts[0], "diary", message("talk", caller, "turn_1"));
      const auto spoke = std::chrono::steady_clock::now();
      std::thread speaks([&] {
        CHECK(hear(fleet.hosts[1]->port(), "diary",
                   after_interruption("history", caller, "turn_1", "one two"))
                  .words == "caller: talk | agent: one two [interrupted] | caller: history");
      });
      const auto end = talking.next_event();
      const auto took = std::chrono::steady_clock::now() - spoke;
      REQUIRE(end);
      CHECK(end->at("type") == "response.end");
      MESSAGE(
          "cancelled after " << std::chrono::duration_cast<std::chrono::milliseconds>(took).count()
                             << " ms");
      speaks.join();
      CHECK(fleet.hosts[0]->logs_line({"conversation=" + caller, "outcome=interrupted"}));
      REQUIRE(fleet.has_written(caller, 2));
    }
  }

  TEST_CASE("two hosts talk over each other, and the history has every turn once, and in order") {
    Fleet fleet;
    for (std::size_t turn = 1; turn <= 10; ++turn) {
      std::thread first([&] {
        hear(fleet.hosts[0]->port(), "diary",
             message("slow 20", "ada", "a_" + std::to_string(turn)));
      });
      std::thread second([&] {
        hear(fleet.hosts[1]->port(), "diary",
             message("slow 20", "ada", "b_" + std::to_string(turn)));
      });
      first.join();
      second.join();
    }
    REQUIRE(fleet.has_written("ada", 20));
  }

  TEST_CASE(
      "while Redis is away each host goes on by itself, and when it is back they agree again") {
    Fleet fleet;
    for (const auto& host : fleet.hosts) CHECK(say_in(*host, "diary", "ada", "say one") == "one");
    fleet.redis.kill();
    for (const char* word : {"two", "three"}) {
      HostProcess& host = *fleet.hosts[word == std::string_view("three")];
      CHECK(say_in(host, "diary", "ada", std::string("say ") + word) == word);
      CHECK(say_in(host, "diary", "bob", "say new") == "new");
    }
    Line talking = begin(*fleet.hosts[0], "diary", message("talk", "eve", "turn_1"));
    CHECK(say_in(*fleet.hosts[0], "diary", "eve", "say stop") == "stop");
    fleet.redis.start();
    CHECK(fleet.hosts[0]->logs("the store is back"));
    for (const auto& host : fleet.hosts) {
      Webhook webhook;
      webhook.path = "/agents/diary";
      CHECK(eventually([&] {  // each event one of its own, which has an answer of its own
        webhook.body = event("data", R"("data":{},"turn_id":")" + fresh_turn() + '"', "joe");
        return send(host->port(), webhook).body == R"({"known":true})";
      }));
    }
    // Neither has written over what the other one said meanwhile.
    REQUIRE(fleet.has_written("ada", 4));
    CHECK(eventually([&] {
      const std::string talk = say_in(*fleet.hosts[0], "diary", "ada", "history");
      return talk.find("caller: say two | agent: two") != std::string::npos &&
             talk.find("caller: say three | agent: three") != std::string::npos;
    }));

    const Line again = begin(*fleet.hosts[0], "diary", message("talk", "joe", "turn_1"));
    CHECK(say_in(*fleet.hosts[1], "diary", "joe", "say stop") == "stop");
    CHECK(fleet.hosts[0]->logs_line({"conversation=joe", "outcome=interrupted"}));
  }
}

}  // namespace
}  // namespace patchbay::test
