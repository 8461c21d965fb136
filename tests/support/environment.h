// SPDX-License-Identifier: MIT
// Numbers that whoever runs a test by hand may give it, eg: PATCHBAY_SEED=4711.
#pragma once
#include <cstdlib>
#include <random>

namespace patchbay::test {

inline unsigned number_given(const char* name, unsigned otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::atoll(text));
}

// What a test's random numbers grow from: of its own each time, unless one is to be played again.
inline unsigned seed() {
  return number_given("PATCHBAY_SEED", std::random_device()());
}

}  // namespace patchbay::test
