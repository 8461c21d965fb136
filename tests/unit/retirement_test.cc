// SPDX-License-Identifier: MIT
#include "flow/retirement.h"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <vector>

#include "support/archive_in_memory.h"
#include "support/toy_host.h"
#include "support/wait.h"

namespace patchbay {
namespace {

// What Retirement needs of a house; it is told of every end, and drops the generation as the
// switchboard does.
struct Home {
  Log log{LogLevel::off, LogFormat::text};
  Replies replies;
  Conversations conversations;
  test::ArchiveInMemory memory;
  Metrics metrics;
  Pins pins;
  Timers timers;
  Workers urgent{1};
  Workers workers{1};
  Turns turns{{replies, conversations, memory.archive, metrics, timers, workers, urgent, log}, 1};
  Tasks tasks{timers, workers};
  Requests requests{{replies, metrics, timers, log}, *Transfers::start({})};
  Routes routes;
  ToolCalls tool_calls{{routes, replies, metrics, timers, urgent, log}};
  std::atomic<int> ended = 0;
  Timers own_timers;
  Lane lane;
  Retirement retirement{{replies, turns, tasks, requests, tool_calls, pins, own_timers, lane, log},
                        [this](const VersionPtr& version, Generation::Retired how) {
                          CHECK(how == Generation::Retired::unmapped);
                          version->state = VersionState::unmapped;
                          version->generation.reset();
                          ++ended;
                        }};
};

VersionPtr idle_version() {
  auto version = std::make_shared<Version>();
  version->generation =
      *Generation::load(*Candidate::stage(test::fixture("says_nothing")), test::any_manifest());
  return version;
}

// Counts the blocks that hold a version: also what weak pointers keep of it.
template <class T>
struct Counting {
  using value_type = T;
  std::atomic<int>* blocks;

  explicit Counting(std::atomic<int>& count) : blocks(&count) {}
  template <class Other>
  Counting(const Counting<Other>& other) : blocks(other.blocks) {}  // NOLINT: an allocator converts
  T* allocate(std::size_t n) {
    ++*blocks;
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* memory, std::size_t n) {
    --*blocks;
    std::allocator<T>().deallocate(memory, n);
  }
  bool operator==(const Counting&) const = default;
};

TEST_SUITE("retirement") {
  TEST_CASE("a version that is gone leaves nothing behind until an alarm rings") {
    std::atomic<int> blocks = 0;
    Home home;
    auto version = std::allocate_shared<Version>(Counting<Version>(blocks));
    version->generation = std::move(idle_version()->generation);
    CHECK(blocks == 1);
    // As the switchboard does where it is on probation.
    version->alarm = home.own_timers.at(Clock::now() + Seconds{3'600},
                                        [weak = std::weak_ptr(version)] { CHECK(weak.expired()); });
    home.retirement.begin(version, {Milliseconds{3'600'000}, Milliseconds{0}});
    REQUIRE(home.lane.idle_within(Milliseconds{30'000}));
    CHECK(home.ended == 1);
    version.reset();
    CHECK(test::eventually([&] { return blocks == 0; }));
  }

  // Whoever says so may be a thread of the admin interface: the control thread does not wait for
  // it. What is read too late here, a sanitizer sees even where it goes well.
  TEST_CASE("a version that nobody uses may be gone before its retirement is all begun") {
    std::vector<VersionPtr> versions;  // as the board keeps them; loaded before any is unloaded
    for (int i = 0; i < 20; ++i) versions.push_back(idle_version());
    Home home;
    for (const VersionPtr& version : versions)
      home.retirement.begin(version, {Milliseconds{60'000}, Milliseconds{60'000}});
    REQUIRE(home.lane.idle_within(Milliseconds{30'000}));
    CHECK(home.ended == 20);
  }
}

}  // namespace
}  // namespace patchbay
