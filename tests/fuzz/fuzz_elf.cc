// SPDX-License-Identifier: MIT
// Any bytes as a library file: read or refused, never more memory than the file and its bounds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "codec/elf.h"

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto facts = patchbay::read_elf({reinterpret_cast<const char*>(data), size});
  if (!facts && (facts.error().code.empty() || facts.error().message.empty())) std::abort();
  return 0;
}
