// SPDX-License-Identifier: MIT
// Many callers do what random schedules say: turns are heard out, hung up on at any byte, talked
// over, delivered twice at once and again later; what was heard is told rightly, wrongly, late or
// not at all. Meanwhile the host is reloaded and, where a store outlives it, restarted. On each
// store: every accepted stream has one end and no word of another turn, the agent ran once for each
// turn, and the history is what was sent or heard.
//   PATCHBAY_SEEDS=3000 lasting_tests --test-suite=schedules                  by hand
//   PATCHBAY_SEED=4711 PATCHBAY_SEEDS=1 lasting_tests --test-suite=schedules  one of them again
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "lasting/doors.h"
#include "lasting/rehearsal.h"
#include "lasting/scene.h"
#include "support/environment.h"
#include "support/redis_server.h"

namespace patchbay::test {
namespace {

constexpr int callers = 16;

// Reloads and restarts its hosts, one after the other, until nobody calls any more.
class Staff {
 public:
  Staff(Scene& scene, std::size_t hosts, bool restarts)
      : scene_(scene), restarts_(restarts), hosts_(hosts) {
    for (std::size_t i = 0; i < hosts_.size(); ++i) open(i);
  }

  [[nodiscard]] const Doors& doors() const { return doors_; }

  void work(const std::atomic<bool>& over) {
    for (std::size_t i = 1; !over; ++i) {
      // Any moment will do.
      std::this_thread::sleep_for(std::chrono::milliseconds(150));
      if (restarts_ && i % 3 == 0) {
        restart(i % hosts_.size());
      } else {
        scene_.change_settings();
        for (const auto& host : hosts_) host->signal(SIGHUP);
      }
    }
  }
  void close() {
    for (std::size_t i = 0; i < hosts_.size(); ++i) close(i);
  }

 private:
  void open(std::size_t which) {
    hosts_[which] = scene_.open();
    REQUIRE(hosts_[which]->port() != 0);
    doors_.open(which, hosts_[which]->port());
  }
  void close(std::size_t which) {
    doors_.close(which);
    hosts_[which]->signal(SIGTERM);
    CHECK(hosts_[which]->wait() == 0);
    CHECK(hosts_[which]->log().find("balance=true") != std::string::npos);
  }
  void restart(std::size_t which) {
    close(which);
    open(which);
  }

  Scene& scene_;
  const bool restarts_;
  std::vector<std::unique_ptr<HostProcess>> hosts_;
  Doors doors_;
};

void rehearse(std::deque<Rehearsal>& rehearsals, Staff& staff) {
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> over = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < callers; ++i)
    threads.emplace_back([&] {
      for (std::size_t at = next++; at < rehearsals.size(); at = next++) rehearsals[at].run();
    });
  std::thread busy([&] { staff.work(over); });
  for (std::thread& thread : threads) thread.join();
  over = true;
  busy.join();
  staff.close();
}

void run_with(Scene& scene, std::size_t hosts, bool restarts) {
  const unsigned first = seed();
  const unsigned count = number_given("PATCHBAY_SEEDS", 150);
  MESSAGE("seeds " << first << " to " << first + count - 1);
  std::deque<Schedule> schedules;
  for (unsigned i = 0; i < count; ++i) schedules.push_back(draw_schedule(first + i, hosts > 1));
  Staff staff(scene, hosts, restarts);
  std::deque<Rehearsal> rehearsals;
  for (const Schedule& schedule : schedules) rehearsals.emplace_back(schedule, staff.doors());
  rehearse(rehearsals, staff);

  std::map<std::string, int> runs;
  for (const std::string& line : scene.deeds()) ++runs[line];
  for (std::size_t i = 0; i < rehearsals.size(); ++i) {
    rehearsals[i].judge_runs(runs);
    CAPTURE(schedules[i].seed);
    for (const std::string& fault : rehearsals[i].faults()) FAIL_CHECK(fault);
  }
  CHECK(runs.size() > count);
}

TEST_SUITE("schedules") {
  TEST_CASE("in memory, whatever callers and networks do, turns run once and are remembered") {
    Scene scene("memory");
    run_with(scene, 1, false);
  }

  TEST_CASE("on SQLite, whatever callers and networks do, turns run once and are remembered") {
    Scene scene;
    run_with(scene, 1, true);
  }

  TEST_CASE("on Redis, whatever callers and networks do, turns run once and are remembered") {
    const RedisServer redis;
    Scene scene("unix:" + redis.socket());
    run_with(scene, 1, true);
  }

  TEST_CASE("in a fleet, where any host gets any delivery, turns run once and are remembered") {
    const RedisServer redis;
    Scene scene("unix:" + redis.socket());
    run_with(scene, 2, true);
  }
}

}  // namespace
}  // namespace patchbay::test
