// SPDX-License-Identifier: MIT
// How a turn ends, and what is told of that: one line of the log, the metrics, and how its version
// does.
#pragma once
#include <string_view>

#include "ground/log.h"
#include "state/metrics.h"
#include "state/replies.h"

namespace patchbay {

// Of a turn that was cancelled for this reason. [any]
Outcome outcome_of(vap_cancel_t reason);
// Of one that its agent ends with this status. An agent that hears of a cancel may be quicker to
// end its reply than the host; that makes the turn no other one. [any]
Outcome outcome_of(const Reply& reply, vap_status_t status);

// `why`: what the agent said of its end, if anything. [any]
void tell_end(const Reply& reply, Outcome outcome, std::string_view why, Metrics& metrics,
              Log& log);

}  // namespace patchbay
