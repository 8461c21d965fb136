// SPDX-License-Identifier: MIT
// Asks an agent which functions it offers to others (vap.tool/1). Its own code runs in this.
#pragma once
#include <vector>

#include "codec/tool_facts.h"
#include "ground/result.h"
#include "vap/vap_tool.h"

namespace patchbay {

struct ToolList {
  const vap_ext_tool_t* table = nullptr;  // null: it offers none; good as long as its library
  std::vector<ToolFacts> tools;
};

// The Error tells in the plugin's words why there is no list, or what is wrong with it. [control]
Result<ToolList> ask_for_tools(const vap_plugin_t& plugin, vap_agent_t* agent);

}  // namespace patchbay
