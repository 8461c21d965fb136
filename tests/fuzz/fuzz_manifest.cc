// SPDX-License-Identifier: MIT
// Any bytes as a manifest; and, cut at the first NUL, as a schema with a configuration to check.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "codec/manifest.h"

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto decoded = patchbay::decode_manifest(input);
  if (decoded && (decoded->id.empty() || decoded->agents.empty())) std::abort();

  patchbay::Manifest manifest;
  const auto cut = input.find('\0');
  manifest.config_schema = input.substr(0, cut);
  const auto config = cut == std::string_view::npos ? "{}" : input.substr(cut + 1);
  const auto why = patchbay::check_agent_config(manifest, config);
  if (why && (why->code.empty() || why->message.empty())) std::abort();
  return 0;
}
