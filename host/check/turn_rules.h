// SPDX-License-Identifier: MIT
// Rules about turns as callers make them: an agent hears an event, answers it, and the answer ends.
#pragma once
#include <span>

#include "check/rule.h"

namespace patchbay {

std::span<const Rule> turn_rules();

}  // namespace patchbay
