// SPDX-License-Identifier: MIT
// Rules about the moments in which the loader maps a plugin and the host asks for its table: before
// any agent is made, nothing may happen.
#pragma once
#include <span>

#include "check/rule.h"

namespace patchbay {

std::span<const Rule> load_rules();

}  // namespace patchbay
