// SPDX-License-Identifier: MIT
#include "ground/budget.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace patchbay {
namespace {

TEST_SUITE("budget") {
  TEST_CASE("it is given out to the last byte, and no byte more") {
    Budget budget(100);
    CHECK(budget.take(60));
    CHECK_FALSE(budget.take(41));
    CHECK(budget.taken() == 60);
    CHECK(budget.take(40));
    CHECK_FALSE(budget.take(1));
    CHECK_FALSE(budget.take(SIZE_MAX));
    budget.give_back(100);
    CHECK(budget.taken() == 0);
  }

  TEST_CASE("a share grows as far as the budget goes, and gives all of it back") {
    const auto budget = std::make_shared<Budget>(100);
    {
      Share one(budget);
      Share other(budget);
      CHECK(one.grow_to(30));
      CHECK(other.grow_to(50));
      CHECK(one.grow_to(50));
      CHECK_FALSE(one.grow_to(51));
      CHECK(one.bytes() == 50);
      CHECK(one.grow_to(20));  // it never shrinks
      CHECK(budget->taken() == 100);
    }
    CHECK(budget->taken() == 0);
  }

  TEST_CASE("many threads never hold more than there is, and leave nothing behind") {
    const auto budget = std::make_shared<Budget>(1000);
    std::atomic<bool> over = false;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (std::size_t round = 0; round < 5000; ++round) {
          Share share(budget);
          for (std::size_t bytes = 100; bytes <= 800; bytes *= 2) {
            if (!share.grow_to(bytes)) break;
          }
          if (budget->taken() > budget->most()) over = true;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK_FALSE(over);
    CHECK(budget->taken() == 0);
  }
}

}  // namespace
}  // namespace patchbay
