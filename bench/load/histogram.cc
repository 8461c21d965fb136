// SPDX-License-Identifier: MIT
#include "histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace patchbay::bench {

// Below 64 each value has a bucket of its own; above, the highest bit and the six behind it choose.
std::size_t Histogram::bucket_of(std::uint64_t value) {
  constexpr std::uint64_t fine = std::uint64_t{1} << fine_bits;
  if (value < fine) return value;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - fine_bits - 1;
  return ((std::size_t{shift} + 1) << fine_bits) + ((value >> shift) & (fine - 1));
}

std::uint64_t Histogram::end_of(std::size_t bucket) {
  constexpr std::uint64_t fine = std::uint64_t{1} << fine_bits;
  if (bucket < fine) return bucket;
  const std::size_t shift = (bucket >> fine_bits) - 1;
  return (((fine + (bucket & (fine - 1))) + 1) << shift) - 1;
}

void Histogram::add(Time took) {
  const Time time = std::max(took, Time{0});
  ++counts_[bucket_of(static_cast<std::uint64_t>(time.count()))];
  ++count_;
  longest_ = std::max(longest_, time);
}

Histogram::Time Histogram::of(double share) const {
  if (count_ == 0) return {};
  const auto wanted = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
    seen += counts_[bucket];
    if (seen >= wanted) return std::min(Time(static_cast<Time::rep>(end_of(bucket))), longest_);
  }
  return longest_;
}

}  // namespace patchbay::bench
