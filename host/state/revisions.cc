// SPDX-License-Identifier: MIT
#include "state/revisions.h"

#include <random>

#include "vap/vap.h"

namespace patchbay {
namespace {

// A permutation of all numbers (splitmix64's), so that none comes twice, and that numbers near each
// other come to nothing alike.
std::uint64_t mixed(std::uint64_t n) {
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9U;
  n = (n ^ (n >> 27)) * 0x94d049bb133111ebU;
  return n ^ (n >> 31);
}

std::uint64_t any_number() {
  std::random_device dice;
  return (std::uint64_t{dice()} << 32U) ^ dice();
}

}  // namespace

Revisions::Revisions() : next_(any_number()) {}

std::uint64_t Revisions::next() {
  for (;;) {
    const std::uint64_t revision = mixed(next_.fetch_add(1, std::memory_order_relaxed));
    if (revision != 0 && revision != VAP_REV_ANY) return revision;
  }
}

}  // namespace patchbay
