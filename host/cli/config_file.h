// SPDX-License-Identifier: MIT
// A configuration file, read and decoded: for the verbs that take one.
#pragma once
#include <string>

#include "codec/config.h"
#include "ground/result.h"

namespace patchbay {

// The Error names the file and, for a mistake in it, the line. [control]
Result<Config> load_config(const std::string& file);

}  // namespace patchbay
