// SPDX-License-Identifier: MIT
// Rules about agents from create() to destroy(), and about the library behind them until it is
// gone.
#pragma once
#include <span>

#include "check/rule.h"

namespace patchbay {

std::span<const Rule> life_rules();

}  // namespace patchbay
