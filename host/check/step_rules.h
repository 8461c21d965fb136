// SPDX-License-Identifier: MIT
// Rules about the journal: that what must run once runs once, and that somebody says how it ended.
// They mean nothing to a plugin that begins no step when it is spoken to.
#pragma once
#include <span>

#include "check/rule.h"

namespace patchbay {

std::span<const Rule> step_rules();

}  // namespace patchbay
