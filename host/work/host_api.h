// SPDX-License-Identifier: MIT
// The C table that plugins call (vap_host_t) and its extensions: checks what comes in, casts, and
// hands on to the unit that does the work. Every cast between C and us stands in this unit.
#pragma once
#include <span>
#include <string_view>

#include "ground/log.h"
#include "state/metrics.h"
#include "state/replies.h"
#include "vap/vap.h"
#include "work/requests.h"
#include "work/tasks.h"
#include "work/turns.h"

namespace patchbay {

// The `api` that Generation::make_agent() wants is a pointer to one of these; it outlives every
// agent.
struct HostApi {
  Replies& replies;
  Metrics& metrics;
  Turns& turns;
  Tasks& tasks;
  Requests& requests;
  Log& log;
  bool send_hangup;  // false: vap.call/1 answers VAP_E_UNSUPPORTED
};

// The table for make_agent(): the same for every agent.
const vap_host_t& host_table();

// What get_extension() knows, eg: "vap.state/1".
std::span<const std::string_view> host_extensions();

}  // namespace patchbay
