// SPDX-License-Identifier: MIT
// What a soak is to do, and what it may cost.
#pragma once
#include <cstdint>
#include <string>

namespace patchbay::test {

struct Plan {
  std::uint64_t reloads = 100;
  std::uint64_t turns = 10'000;
  unsigned conversations = 32;
  unsigned seed = 1;
  // How the host hears of a new file: "signal" (SIGHUP), "admin" (POST /load), or "watch" (it sees
  // for itself).
  std::string trigger = "admin";
  std::string probation;              // eg: "0ms"; empty: the host's default
  std::int64_t most_growth_kib = -1;  // of memory, over the reloads; negative: whatever it is
  std::string json;                   // where the figures go too; empty: nowhere
};

}  // namespace patchbay::test
