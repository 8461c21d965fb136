// SPDX-License-Identifier: MIT
#include "state/waiting_room.h"

#include <doctest/doctest.h>

#include <vector>

namespace patchbay {
namespace {

TEST_SUITE("waiting_room") {
  TEST_CASE("what waits takes its room, and gives it back where it goes, however it goes") {
    WaitingRoom room(100);
    {
      std::vector<WaitingRoom::Place> places;
      places.push_back(*room.take(60));
      CHECK(!room.take(41));
      places.push_back(*room.take(40));
      CHECK(room.entries() == 2);
      CHECK(room.bytes() == 100);
      CHECK(!room.take(1));
      places.front() = std::move(places.back());
      CHECK(room.entries() == 1);
      CHECK(room.bytes() == 40);
    }
    CHECK(room.entries() == 0);
    CHECK(room.bytes() == 0);
  }
}

}  // namespace
}  // namespace patchbay
