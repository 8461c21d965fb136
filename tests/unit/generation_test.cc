// SPDX-License-Identifier: MIT
#include "state/generation.h"

#include <doctest/doctest.h>

#include <optional>
#include <thread>

#include "support/toy_host.h"

namespace patchbay {
namespace {

std::unique_ptr<Generation> generation_of(const std::string& name) {
  const Result<Candidate> candidate = Candidate::stage(test::fixture(name));
  REQUIRE(candidate);
  Result<std::unique_ptr<Generation>> loaded = Generation::load(*candidate, test::any_manifest());
  REQUIRE(loaded);
  return *std::move(loaded);
}

TEST_SUITE("generation") {
  TEST_CASE("a generation without leases is destroyed and unmapped") {
    const auto generation = generation_of("probe");
    REQUIRE(generation->make_agent(test::named("a"), test::toy_table(), nullptr));
    REQUIRE(generation->make_agent(test::named("b"), test::toy_table(), nullptr));
    CHECK(generation->retire() == Generation::Retired::unmapped);
  }

  TEST_CASE("an agent that cannot be made says why, and the generation lives on") {
    const auto generation = generation_of("throws_in_create");
    const Result<Agent*> agent =
        generation->make_agent(test::named("sales"), test::toy_table(), nullptr);
    REQUIRE_FALSE(agent);
    CHECK(agent.error().code == "create_failed");
    CHECK(agent.error().message.find("agent sales") != std::string::npos);
    CHECK(generation->retire() == Generation::Retired::unmapped);
  }

  TEST_CASE("an agent that fails its own test is not served") {
    const auto generation = generation_of("fails_selftest");
    const Result<Agent*> agent =
        generation->make_agent(test::named("a"), test::toy_table(), nullptr);
    REQUIRE_FALSE(agent);
    CHECK(agent.error().code == "selftest_failed");
  }

  TEST_CASE("a lease moves and never counts twice") {
    const auto generation = generation_of("probe");
    Agent& agent = **generation->make_agent(test::named("a"), test::toy_table(), nullptr);
    {
      Lease first(agent);
      CHECK(generation->leases() == 1);
      const Lease moved = std::move(first);
      CHECK(generation->leases() == 1);
      const Lease second = moved.again();
      CHECK(generation->leases() == 2);
      CHECK_FALSE(generation->unused_within(Milliseconds{1}));
    }
    CHECK(generation->leases() == 0);
    CHECK(generation->unused_within(Milliseconds{0}));
  }

  TEST_CASE("who waits for the last lease is woken by its end") {
    const auto generation = generation_of("probe");
    std::optional<Lease> lease(
        **generation->make_agent(test::named("a"), test::toy_table(), nullptr));
    std::thread holder([&] { lease.reset(); });
    CHECK(generation->unused_within(Seconds{30}));
    holder.join();
  }

  TEST_CASE("the end of the last lease is told once, also where there was none to wait for") {
    const auto generation = generation_of("probe");
    Agent& agent = **generation->make_agent(test::named("a"), test::toy_table(), nullptr);
    int told = 0;
    generation->when_unused([&] { ++told; });
    CHECK(told == 1);
    std::optional<Lease> first(agent);
    std::optional<Lease> second(agent);
    generation->when_unused([&] { ++told; });
    first.reset();
    CHECK(told == 1);
    second.reset();
    CHECK(told == 2);
    { const Lease third(agent); }
    CHECK(told == 2);
  }

  TEST_CASE("a closed generation gives no lease to whoever asks late") {
    const auto generation = generation_of("probe");
    Agent& agent = **generation->make_agent(test::named("a"), test::toy_table(), nullptr);
    std::optional<Lease> held = Lease::on(agent);
    REQUIRE(held);
    CHECK_FALSE(generation->close());
    CHECK(Lease::on(agent));
    held.reset();
    CHECK(generation->close());
    CHECK_FALSE(Lease::on(agent));
    CHECK(generation->retire() == Generation::Retired::unmapped);
  }
}

}  // namespace
}  // namespace patchbay
