// SPDX-License-Identifier: MIT
// Rules about functions that an agent offers to others: that they are what it says, and that a call
// ends once, whatever it brings. They mean nothing to a plugin that offers none.
#pragma once
#include <span>

#include "check/rule.h"

namespace patchbay {

std::span<const Rule> tool_rules();

}  // namespace patchbay
