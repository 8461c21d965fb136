// SPDX-License-Identifier: MIT
#include "ground/couriers.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <vector>

#include "support/wait.h"

namespace patchbay {
namespace {

const int one = 1, other = 2;  // whose jobs

TEST_SUITE("couriers") {
  TEST_CASE("many short jobs run on few threads") {
    Timers timers;
    std::atomic<int> done = 0;
    Couriers couriers(timers, {.few = 3});
    for (int i = 0; i < 2000; ++i) couriers.post(&one, [&] { ++done; });
    CHECK(test::eventually([&] { return done == 2000; }));
    CHECK(couriers.threads() <= 8);
    timers.stop();
  }

  TEST_CASE("while the few block, further threads do the rest") {
    Timers timers;
    std::latch open(1);
    std::atomic<int> done = 0;
    {
      Couriers couriers(timers, {.few = 2, .patience = Milliseconds{5}});
      for (int i = 0; i < 6; ++i) couriers.post(&one, [&] { open.wait(); });
      for (int i = 0; i < 20; ++i) couriers.post(&other, [&] { ++done; });
      CHECK(test::eventually([&] { return done == 20; }));
      open.count_down();
      CHECK(couriers.idle_within(Milliseconds{30'000}));
      timers.stop();
    }
  }

  TEST_CASE("who blocks holds his share of the threads and no more") {
    Timers timers;
    std::latch open(1);
    std::atomic<int> blocked = 0;
    std::atomic<int> done = 0;
    Couriers couriers(timers, {.few = 2, .most = 6, .most_of_one = 3, .patience = Milliseconds{5}});
    for (int i = 0; i < 50; ++i)
      couriers.post(&one, [&] {
        ++blocked;
        open.wait();
      });
    for (int i = 0; i < 50; ++i) couriers.post(&other, [&] { ++done; });
    CHECK(test::eventually([&] { return done == 50; }));
    CHECK(blocked == 3);
    open.count_down();
    CHECK(test::eventually([&] { return blocked == 50; }));
    CHECK(couriers.idle_within(Milliseconds{30'000}));
    timers.stop();
  }

  TEST_CASE("the jobs of one begin in their order, where there is one thread") {
    Timers timers;
    std::vector<int> order;
    Couriers couriers(timers, {.few = 1, .most = 1});
    for (int i = 0; i < 100; ++i) couriers.post(&one, [&order, i] { order.push_back(i); });
    CHECK(couriers.idle_within(Milliseconds{30'000}));
    CHECK(std::is_sorted(order.begin(), order.end()));
    CHECK(order.size() == 100);
    timers.stop();
  }
}

}  // namespace
}  // namespace patchbay
