// SPDX-License-Identifier: MIT
#include "state/track_record.h"

#include <doctest/doctest.h>

namespace patchbay {
namespace {

struct Watched {
  TrackRecord record;
  int calls = 0;
  Watched() {
    record.watch([this] { ++calls; });
  }
  void note(int times, bool went_well) {
    for (int i = 0; i < times; ++i) record.note(went_well);
  }
};

TEST_SUITE("track_record") {
  TEST_CASE("three failures in a row make a version unfit, and that is said once") {
    Watched watched;
    watched.note(100, true);
    watched.note(2, false);
    CHECK(watched.calls == 0);
    watched.note(1, false);
    CHECK(watched.calls == 1);
    watched.note(10, false);
    CHECK(watched.calls == 1);
  }

  TEST_CASE("a turn that goes well begins the row anew") {
    Watched watched;
    watched.note(100, true);
    for (int i = 0; i < 5; ++i) {
      watched.note(2, false);
      watched.note(1, true);
    }
    CHECK(watched.calls == 0);
  }

  TEST_CASE("more than a fifth of twenty turns make a version unfit, of fewer they do not") {
    Watched watched;
    for (int i = 0; i < 3; ++i) {  // 9 turns, 3 failures
      watched.note(1, false);
      watched.note(2, true);
    }
    CHECK(watched.calls == 0);
    watched.note(8, true);
    watched.note(2, false);  // 19 turns, 5 failures
    CHECK(watched.calls == 0);
    watched.note(1, true);
    watched.note(1, false);  // 21 turns, 6 failures
    CHECK(watched.calls == 1);
  }

  TEST_CASE("exactly a fifth is borne") {
    Watched watched;
    for (int i = 0; i < 20; ++i) {
      watched.note(4, true);
      watched.note(1, false);
    }
    CHECK(watched.calls == 0);
  }

  TEST_CASE("failures before the watch do not count, the tally keeps them") {
    TrackRecord record;
    for (int i = 0; i < 10; ++i) record.note(false);
    int calls = 0;
    record.watch([&] { ++calls; });
    record.note(false);
    record.note(false);
    CHECK(calls == 0);
    CHECK(record.tally().turns == 12);
    CHECK(record.tally().failures == 12);
  }

  TEST_CASE("nobody is told who no longer watches") {
    Watched watched;
    watched.record.stop_watching();
    watched.note(10, false);
    CHECK(watched.calls == 0);
  }
}

}  // namespace
}  // namespace patchbay
