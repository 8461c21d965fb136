// SPDX-License-Identifier: MIT
// Reading whole small files, and secrets from where the configuration says they are.
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "codec/secret_ref.h"
#include "codec/signature.h"
#include "ground/result.h"

namespace patchbay {

// The whole file, at most `limit` bytes. The Error names the file and what the system said.
// [control]
Result<std::string> read_file(const std::filesystem::path& file, std::size_t limit);

// The secret behind the reference; a line break at the end of a file is not part of it. A missing
// or empty one is an Error that says how to set it, and never shows it. [control]
Result<Secret> resolve_secret(const SecretRef& ref);
Result<std::vector<Secret>> resolve_secrets(const std::vector<SecretRef>& refs);

}  // namespace patchbay
