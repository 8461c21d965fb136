// SPDX-License-Identifier: MIT
// How long things took: counts in buckets no wider than 1/64 of what they hold, so that a quantile
// is right to 2 % and a million turns take no more room than one.
#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace patchbay::bench {

class Histogram {
 public:
  using Time = std::chrono::nanoseconds;

  void add(Time took);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  // The time within which that share of them was over, eg: of(0.99); zero where there are none.
  [[nodiscard]] Time of(double share) const;
  [[nodiscard]] Time longest() const { return longest_; }

 private:
  static constexpr unsigned fine_bits = 6;  // 64 buckets for each doubling
  static constexpr std::size_t buckets = std::size_t{64} << fine_bits;
  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t end_of(std::size_t bucket);  // its largest value

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_ = 0;
  Time longest_{};
};

}  // namespace patchbay::bench
