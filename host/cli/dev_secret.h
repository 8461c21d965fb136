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
// The one in the user's state directory. Where there is none yet, or one that others could have
// read, it is made up and written there (mode 0600). So all hosts of a user that run with --dev
// share it, and one that starts, or fails to, takes none from another. [control]
Result<Secret> dev_secret();
// The same, where there is one. [control]
std::optional<Secret> find_dev_secret();

}  // namespace patchbay
