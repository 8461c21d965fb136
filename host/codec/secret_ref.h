// SPDX-License-Identifier: MIT
// Where a secret is to be found; never the secret itself. Written "env:NAME" or "file:PATH".
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/table_reader.h"
#include "ground/result.h"

namespace patchbay {

struct SecretRef {
  enum class Kind { environment, file } kind = Kind::environment;
  std::string name;  // eg: "LAYERCODE_WEBHOOK_SECRET", or a path
  bool operator==(const SecretRef&) const = default;
};

// A bare secret is refused, with how to write it instead.
Result<SecretRef> decode_secret_ref(std::string_view text);

// The one, or all, under that key of a configuration. What is none is refused there, and never
// shown: it may be the secret itself.
std::optional<SecretRef> read_secret(TableReader& table, std::string_view key);
std::vector<SecretRef> read_secrets(TableReader& table, std::string_view key);

}  // namespace patchbay
