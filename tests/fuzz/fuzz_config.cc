// SPDX-License-Identifier: MIT
// Any bytes as a configuration file: complete, or refused with a place in the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "codec/config.h"

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto config = patchbay::decode_config(input, "f.toml");
  if (!config && !config.error().message.starts_with("f.toml:")) std::abort();
  if (config && (config->secrets.empty() || !config->api_key)) std::abort();
  return 0;
}
