// SPDX-License-Identifier: MIT
#include "ground/lane.h"

#include <doctest/doctest.h>

#include <vector>

namespace patchbay {
namespace {

TEST_SUITE("lane") {
  TEST_CASE("jobs run one at a time, in the order in which they came") {
    std::vector<int> order;  // without a lock: two at once would be a race
    {
      Lane lane;
      for (int i = 0; i < 1000; ++i) lane.post([&order, i] { order.push_back(i); });
    }
    REQUIRE(order.size() == 1000);
    for (int i = 0; i < 1000; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
  }

  TEST_CASE("a job may post another") {
    int runs = 0;
    Lane lane;
    lane.post([&] {
      ++runs;
      lane.post([&] { ++runs; });
    });
    CHECK(lane.idle_within(Seconds{30}));
    CHECK(runs == 2);
  }

  TEST_CASE("what was posted before the close still runs, what comes later does not") {
    int early = 0;
    int late = 0;
    {
      Lane lane;
      lane.post([&] { ++early; });
      lane.close();
      lane.post([&] { ++late; });
    }
    CHECK(early == 1);
    CHECK(late == 0);
  }
}

}  // namespace
}  // namespace patchbay
