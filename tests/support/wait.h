// SPDX-License-Identifier: MIT
// Waits for a condition instead of for a time. The limit is long because it is only reached by a
// bug: machines that run tests are small and busy, and sanitizers are slow.
#pragma once
#include <chrono>
#include <thread>

namespace patchbay::test {

inline constexpr std::chrono::seconds patience{30};

// True as soon as `holds()` is; false where it never was.
template <class Holds>
bool eventually(Holds holds) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace patchbay::test
