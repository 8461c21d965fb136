// SPDX-License-Identifier: MIT
// The made-up secret of `serve --dev`, left where `call` on the same machine finds it, so that a
// first call needs no copying. Never used where a real secret is configured.
#pragma once
#include <optional>

#include "codec/signature.h"
#include "ground/result.h"

namespace patchbay {

// A random one that nobody else knows. [any]
Result<Secret> make_up_secret();
// Makes a new one, random, and writes it to the user's state directory (mode 0600). [control]
Result<Secret> make_dev_secret();
// The one that was made last; nothing where there is none. [control]
std::optional<Secret> find_dev_secret();

}  // namespace patchbay
