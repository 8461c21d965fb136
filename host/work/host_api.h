// SPDX-License-Identifier: MIT
// The C table that plugins call (vap_host_t) and its extensions: checks what comes in, casts, and
// hands on to the unit that does the work.
#pragma once
#include <span>
#include <string_view>

#include "vap/vap.h"
#include "work/border.h"

namespace patchbay {

// The table for make_agent(): the same for every agent.
const vap_host_t& host_table();

// What get_extension() knows, eg: "vap.state/1".
std::span<const std::string_view> host_extensions();

}  // namespace patchbay
