// SPDX-License-Identifier: MIT
#include "state/revisions.h"

#include <doctest/doctest.h>

#include <set>

#include "vap/vap.h"

namespace patchbay {
namespace {

TEST_SUITE("revisions") {
  TEST_CASE("no revision comes twice, nor one that means something else") {
    Revisions one;
    Revisions other;  // of another host
    std::set<std::uint64_t> seen{0, VAP_REV_ANY};
    for (int i = 0; i < 10'000; ++i) {
      CHECK(seen.insert(one.next()).second);
      CHECK(seen.insert(other.next()).second);
    }
  }
}

}  // namespace
}  // namespace patchbay
