// SPDX-License-Identifier: MIT
// All rules of the conformance checker, in the order in which they are tried.
#pragma once
#include <string_view>
#include <vector>

#include "check/rule.h"

namespace patchbay {

// From the file itself to what an agent says: a plugin that breaks an early one breaks many.
std::vector<const Rule*> all_rules();

// The rule of that name, or null.
const Rule* find_rule(std::string_view name);

// The name that was probably meant; empty where none is near.
std::string_view nearest_rule(std::string_view typo);

}  // namespace patchbay
