// SPDX-License-Identifier: MIT
// What a run came to, and its report as JSON.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "histogram.h"

namespace patchbay::bench {

struct Tally {
  std::uint64_t all_turns = 0;  // whole ones, with those that were not measured
  std::uint64_t turns = 0;      // whole ones that ended while it was measured
  std::uint64_t late = 0;       // that no connection was free for when they were due
  std::chrono::nanoseconds measured{};
  std::chrono::nanoseconds own_cpu{};  // of all turns
  Histogram first_byte;                // of the answer: its head
  Histogram first_event;
  Histogram whole;
  Histogram refused;         // those that were answered with 503, to its last byte
  Histogram first_delivery;  // of words that bear a stamp: the first of each turn
  Histogram delivery;        // all of them, also of turns that were not whole, or not measured
  std::map<std::string, std::uint64_t> errors;       // by kind, with the unmeasured
  std::vector<std::uint64_t> turns_of_a_connection;  // measured ones

  [[nodiscard]] std::uint64_t wrong() const;
};

// How evenly the connections were served.
struct Fairness {
  std::uint64_t slowest = 0;  // turns
  std::uint64_t median = 0;
  double ratio = 0;         // the slowest against the median
  std::size_t starved = 0;  // that had none, or less than a tenth of the median
};
Fairness fairness_of(std::vector<std::uint64_t> turns);

std::string to_json(const Tally& tally);

}  // namespace patchbay::bench
