// SPDX-License-Identifier: MIT
#include "breaker.h"

#include <doctest/doctest.h>

namespace {

using llm::Breaker;
using std::chrono::seconds;

constexpr seconds nothing{0};
const Breaker::Clock::time_point start{};

void fail(Breaker& breaker, Breaker::Clock::time_point now, int times) {
  for (int i = 0; i < times; ++i) breaker.failed(now, nothing);
}

}  // namespace

TEST_SUITE("breaker") {
  TEST_CASE("a provider is left alone after three failures in a row, and told so once") {
    Breaker breaker;
    CHECK(!breaker.failed(start, nothing));
    CHECK(!breaker.failed(start, nothing));
    CHECK(breaker.may_ask(start));
    CHECK(breaker.failed(start, nothing));
    CHECK(!breaker.may_ask(start + seconds(4)));
    CHECK(!breaker.failed(start, nothing));
  }

  TEST_CASE("an answer between them makes them none in a row") {
    Breaker breaker;
    fail(breaker, start, 2);
    breaker.went_well();
    fail(breaker, start, 2);
    CHECK(breaker.may_ask(start));
  }

  TEST_CASE("then one turn tries it for all, and the pause grows while that fails") {
    Breaker breaker;
    fail(breaker, start, 3);
    CHECK(breaker.may_ask(start + seconds(5)));
    CHECK(!breaker.may_ask(start + seconds(5)));
    fail(breaker, start + seconds(6), 1);
    CHECK(!breaker.may_ask(start + seconds(15)));
    CHECK(breaker.may_ask(start + seconds(16)));
    breaker.went_well();
    CHECK(breaker.may_ask(start + seconds(16)));
  }

  TEST_CASE("one that says how long is left alone at once, and for no longer than a minute") {
    Breaker breaker;
    CHECK(breaker.failed(start, seconds(2)));
    CHECK(!breaker.may_ask(start + seconds(1)));
    CHECK(breaker.may_ask(start + seconds(2)));
    breaker.failed(start, seconds(86400));
    CHECK(!breaker.may_ask(start + seconds(59)));
    CHECK(breaker.may_ask(start + seconds(60)));
  }
}
