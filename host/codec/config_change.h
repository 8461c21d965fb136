// SPDX-License-Identifier: MIT
// What of a new configuration a running host cannot take. Compares; changes nothing.
#pragma once
#include <string>
#include <vector>

#include "codec/config.h"

namespace patchbay {

// The keys whose change waits for a restart, as the file names them, eg: "server.listen".
std::vector<std::string> wants_restart(const Config& now, const Config& fresh);

}  // namespace patchbay
