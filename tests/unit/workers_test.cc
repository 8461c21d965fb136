// SPDX-License-Identifier: MIT
#include "ground/workers.h"

#include <doctest/doctest.h>
#include <pthread.h>

#include <atomic>
#include <functional>
#include <future>
#include <latch>

namespace patchbay {
namespace {

// While this lives, the system starts no thread: none can have such a stack.
class NoThreads {
 public:
  NoThreads() {
    pthread_attr_init(&impossible_);
    pthread_getattr_default_np(&before_);
    pthread_attr_setstacksize(&impossible_, std::size_t{1} << 50U);
    REQUIRE(pthread_setattr_default_np(&impossible_) == 0);
  }
  ~NoThreads() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
    pthread_attr_destroy(&impossible_);
  }
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;

 private:
  pthread_attr_t before_{};
  pthread_attr_t impossible_{};
};

TEST_SUITE("workers") {
  TEST_CASE("jobs that block run beside each other, up to the limit") {
    Workers workers(3);
    std::latch all_three(3);
    std::atomic<int> met = 0;
    for (int i = 0; i < 3; ++i) {
      workers.post([&] {
        all_three.arrive_and_wait();  // hangs unless three run at once
        ++met;
      });
    }
    CHECK(workers.idle_within(Seconds{20}));
    CHECK(met == 3);
    CHECK(workers.threads() == 3);
  }

  TEST_CASE("a job beyond the limit waits for its turn and still runs") {
    Workers workers(1);
    std::promise<void> gate;
    std::atomic<int> order = 0;
    int first = 0;
    int second = 0;
    workers.post([&] {
      gate.get_future().wait();
      first = ++order;
    });
    workers.post([&] { second = ++order; });
    CHECK_FALSE(workers.idle_within(Milliseconds{1}));
    gate.set_value();
    CHECK(workers.idle_within(Seconds{20}));
    CHECK(first == 1);
    CHECK(second == 2);
    CHECK(workers.threads() == 1);
  }

  TEST_CASE("what is queued runs before the workers go") {
    std::atomic<int> ran = 0;
    {
      Workers workers(2);
      for (int i = 0; i < 100; ++i) workers.post([&] { ++ran; });
    }
    CHECK(ran == 100);
  }

  TEST_CASE("a job runs also where the system has no thread to give") {
    Workers workers(3);
    const NoThreads limit;
    std::promise<void> gate;
    std::atomic<int> ran = 0;
    workers.post([&] {
      gate.get_future().wait();
      ++ran;
    });
    for (int i = 0; i < 5; ++i) CHECK_NOTHROW(workers.post([&] { ++ran; }));
    gate.set_value();
    CHECK(workers.idle_within(Seconds{20}));
    CHECK(ran == 6);
  }

  TEST_CASE("a job may post the next") {
    Workers workers(1);
    std::promise<void> done;
    workers.post([&] { workers.post([&] { done.set_value(); }); });
    done.get_future().wait();
  }

  TEST_CASE("a thread that was called in vain is called again") {
    Workers workers(2);
    std::latch both(2);
    for (int i = 0; i < 2; ++i) workers.post([&] { both.arrive_and_wait(); });
    CHECK(workers.idle_within(Seconds{20}));
    for (int round = 0; round < 200; ++round) {
      // Each job is taken by the thread that posted it, mostly, before the other has come for it.
      std::promise<void> done;
      std::atomic<int> left = 20;
      std::function<void()> next = [&] { --left > 0 ? workers.post(next) : done.set_value(); };
      workers.post(next);
      REQUIRE(done.get_future().wait_for(Seconds{5}) == std::future_status::ready);
      CHECK(workers.idle_within(Seconds{20}));
    }
    CHECK(workers.threads() == 2);
  }
}

}  // namespace
}  // namespace patchbay
