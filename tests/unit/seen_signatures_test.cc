// SPDX-License-Identifier: MIT
#include "state/seen_signatures.h"

#include <doctest/doctest.h>

#include <string>

namespace patchbay {
namespace {

const UnixSeconds now{Seconds{1'700'000'000}};

TEST_SUITE("seen_signatures") {
  TEST_CASE("a signature is taken once, however its header is written") {
    SeenSignatures seen;
    CHECK(seen.is_first("t=1700000000,v1=ab", "body", now));
    for (const char* header : {"t=1700000000,v1=ab", "v1=ab,t=1700000000", "v1=ab, t=1700000000 ",
                               "x=1,t=1700000000,v1=cd,v1=ab", "t=1700000000,v1=ab,"})
      CHECK_FALSE(seen.is_first(header, "body", now));
    CHECK(seen.is_first("t=1700000001,v1=ab", "body", now));
    CHECK(seen.is_first("t=1700000000,v1=ab", "bodies", now));
  }

  TEST_CASE("it is remembered for as long as it would be good") {
    SeenSignatures seen;
    CHECK(seen.is_first("t=1700000300,v1=ab", "body", now));
    for (int second = 0; second <= 600; second += 50)
      CHECK_FALSE(seen.is_first("t=1700000300,v1=ab", "body", now + Seconds{second}));
  }

  TEST_CASE("so many are remembered and no more: the older ones go first") {
    SeenSignatures seen(100);
    for (int i = 0; i < 120; ++i) CHECK(seen.is_first("t=1,v1=ab", std::to_string(i), now));
    CHECK_FALSE(seen.is_first("t=1,v1=ab", "119", now));
    CHECK(seen.is_first("t=1,v1=ab", "0", now));
  }
}

}  // namespace
}  // namespace patchbay
