// SPDX-License-Identifier: MIT
// "HOST:PORT", as people write where a server listens, taken apart. Looks no name up.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "ground/result.h"

namespace patchbay {

struct Address {
  std::string host;  // eg: "127.0.0.1", "::1" (no brackets), "localhost"; "*": every interface
  std::uint16_t port = 0;  // 0: the system picks one

  // As it is written, eg: "[::1]:8080".
  [[nodiscard]] std::string text() const;
};

// An IPv6 address stands in brackets. The Error says how to write it.
Result<Address> parse_address(std::string_view text);

}  // namespace patchbay
