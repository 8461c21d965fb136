// SPDX-License-Identifier: MIT
// Rules about the border between plugin and host when things go wrong or come otherwise: cancelled
// turns, memory taken back, a host that refuses, knows more or knows less.
#pragma once
#include <span>

#include "check/rule.h"

namespace patchbay {

std::span<const Rule> border_rules();

}  // namespace patchbay
