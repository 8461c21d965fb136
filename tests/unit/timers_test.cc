// SPDX-License-Identifier: MIT
#include "ground/timers.h"

#include <doctest/doctest.h>

#include <future>
#include <string>

namespace patchbay {
namespace {

TEST_SUITE("timers") {
  TEST_CASE("alarms ring in the order of their moments, not of their making") {
    Timers timers;
    std::string order;
    std::promise<void> done;
    const Moment start = Clock::now() + Milliseconds{5};
    timers.at(start + Milliseconds{2}, [&] {
      order += 'b';
      done.set_value();
    });
    timers.at(start, [&] { order += 'a'; });
    done.get_future().wait();
    CHECK(order == "ab");
  }

  TEST_CASE("a cancelled alarm does not ring, and says so once") {
    Timers timers;
    bool rang = false;
    const Timers::Id id = timers.at(Clock::now() + Seconds{3600}, [&] { rang = true; });
    CHECK(timers.cancel(id));
    CHECK_FALSE(timers.cancel(id));
    CHECK_FALSE(rang);
  }

  TEST_CASE("an alarm that has rung cannot be cancelled") {
    Timers timers;
    std::promise<void> rang;
    const Timers::Id id = timers.at(Clock::now(), [&] { rang.set_value(); });
    rang.get_future().wait();
    CHECK_FALSE(timers.cancel(id));
  }

  TEST_CASE("an alarm may set and cancel others") {
    Timers timers;
    std::promise<void> done;
    const Timers::Id other = timers.at(Clock::now() + Seconds{3600}, [] {});
    timers.at(Clock::now(), [&] {
      timers.cancel(other);
      timers.at(Clock::now(), [&] { done.set_value(); });
    });
    done.get_future().wait();
  }

  TEST_CASE("after the stop nothing rings, also what is set later") {
    int rung = 0;
    {
      Timers timers;
      timers.at(Clock::now() + Seconds{60}, [&] { ++rung; });
      timers.stop();
      timers.at(Clock::now(), [&] { ++rung; });
    }
    CHECK(rung == 0);
  }
}

}  // namespace
}  // namespace patchbay
