// SPDX-License-Identifier: MIT
// What is told of a turn that has ended: one line of the log, the metrics, and how its version
// does.
#pragma once
#include <string_view>

#include "ground/log.h"
#include "state/metrics.h"
#include "state/replies.h"

namespace patchbay {

// `why`: of a failure, else empty. [any]
void tell_end(const Reply& reply, Outcome outcome, std::string_view why, Metrics& metrics,
              Log& log);

}  // namespace patchbay
