// SPDX-License-Identifier: MIT
#include "ground/clock.h"

#include <doctest/doctest.h>

#include <ctime>

namespace patchbay {
namespace {

TEST_SUITE("clock") {
  TEST_CASE("unix_now counts the seconds of the wall clock") {
    const std::time_t before = std::time(nullptr);
    const auto now = unix_now().time_since_epoch().count();
    CHECK(now >= before);
    CHECK(now <= std::time(nullptr));
  }
}

}  // namespace
}  // namespace patchbay
