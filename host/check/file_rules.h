// SPDX-License-Identifier: MIT
// Rules about the file as it lies there: none of its code runs for them, but for the libraries that
// it needs.
#pragma once
#include <span>

#include "check/rule.h"

namespace patchbay {

std::span<const Rule> file_rules();

}  // namespace patchbay
