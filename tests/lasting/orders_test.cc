// SPDX-License-Identifier: MIT
// The bakery's caller says yes, and then everything goes wrong at once: he speaks into the answer,
// the network brings his words twice, the host is killed. His order stands in the book once.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "lasting/scene.h"
#include "support/environment.h"
#include "support/redis_server.h"
#include "support/webhook.h"

namespace patchbay::test {
namespace {

constexpr int rounds = 3;

void until_yes(HostProcess& host, const std::string& caller) {
  for (const char* text : {"two coffees", "that's all", "Ada", "tomorrow at noon"})
    say_in(host, "bakery", caller, text);
}

// Whatever comes of it: the host may be gone on the way.
void say_yes(std::uint16_t port, const std::string& caller, const std::string& turn) {
  try {
    hear(port, "bakery", message("yes please", caller, turn));
  } catch (const std::exception&) {  // killed
  }
}

void order_in_a_storm(const Scene& scene) {
  const unsigned from = seed();
  MESSAGE("seed " << from);
  std::mt19937 random(from);
  auto host = scene.open();
  for (int round = 1; round <= rounds; ++round) {
    const std::string caller = "caller_" + std::to_string(round);
    const std::string yes = caller + "_yes";
    until_yes(*host, caller);
    const std::uint16_t port = host->port();
    std::thread first([&] { say_yes(port, caller, yes); });
    std::thread twice([&] { say_yes(port, caller, yes); });
    std::thread over([&] { say_yes(port, caller, yes + "_louder"); });
    // The moment is to be any, while all of them are on their way.
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 15'000));
    host->signal(SIGKILL);
    for (std::thread* one : {&first, &twice, &over}) one->join();
    CHECK(host->wait() == 128 + SIGKILL);

    host = scene.open();
    CHECK(hear(host->port(), "bakery", message("yes please", caller, yes)).whole);
    CHECK(hear(host->port(), "bakery", message("hello? yes", caller, yes + "_again")).whole);
    REQUIRE(scene.orders().size() == static_cast<std::size_t>(round));
    CHECK(scene.orders().back().starts_with("{\"id\":\"" + caller + "/1\","));
  }
}

TEST_SUITE("orders") {
  TEST_CASE(
      "with SQLite an order exists once, though its turn was cut, doubled and its host killed") {
    order_in_a_storm(Scene());
  }

  TEST_CASE(
      "with Redis an order exists once, though its turn was cut, doubled and its host killed") {
    const RedisServer redis;
    order_in_a_storm(Scene("unix:" + redis.socket()));
  }
}

}  // namespace
}  // namespace patchbay::test
