// SPDX-License-Identifier: MIT
#include "flow/doings.h"

#include <doctest/doctest.h>

namespace patchbay {
namespace {

TEST_SUITE("doings") {
  TEST_CASE("of each file the innermost is told, and for how long") {
    Doings doings;
    const auto soon = [] { return Clock::now() + Seconds{12}; };
    CHECK(doings.of("a.so", soon()).empty());
    const Doing first(doings, "a.so", "trying it");
    {
      const Doing other(doings, "b.so", "trying it");
      const Doing inner(doings, "a.so", "creating its agents");
      CHECK(doings.of("a.so", soon()) == "creating its agents for 12 s");
      CHECK(doings.of("b.so", soon()) == "trying it for 12 s");
    }
    CHECK(doings.of("a.so", soon()) == "trying it for 12 s");
    CHECK(doings.of("b.so", soon()).empty());
  }
}

}  // namespace
}  // namespace patchbay
