// SPDX-License-Identifier: MIT
// vap.tool/1 as plugins call it: the host's side of calls between agents.
#pragma once
#include "vap/vap_tool.h"

namespace patchbay {

extern const vap_ext_tool_host_t tool_table;

}  // namespace patchbay
