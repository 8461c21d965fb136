// SPDX-License-Identifier: MIT
// Callers who talk without pause while what they talk to is replaced again and again.
#pragma once
#include "reload/figures.h"
#include "reload/plan.h"

namespace patchbay::test {

// Starts a host, lets the plan happen to it, and looks at what is left. What went wrong is in the
// figures' faults.
Figures soak(const Plan& plan);

}  // namespace patchbay::test
