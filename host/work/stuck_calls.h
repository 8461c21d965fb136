// SPDX-License-Identifier: MIT
// Calls into agents that do not come back: told once each, and counted until they do.
#pragma once
#include <string_view>

#include "ground/log.h"
#include "state/callbacks.h"
#include "state/metrics.h"

namespace patchbay {

// `into`: what was called, eg: "on_turn". [any]
void tell_stuck(Callbacks& calls, std::string_view into, Moment now, Metrics& metrics, Log& log);

}  // namespace patchbay
