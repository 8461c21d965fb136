// SPDX-License-Identifier: MIT
#include "state/tool_list.h"

#include <fmt/format.h>

#include <cstring>
#include <string_view>
#include <utility>

#include "ground/text.h"

namespace patchbay {
namespace {

// What the plugin hands to put(), in order. Bounded: it is the plugin's to fill.
struct Collected {
  std::vector<ToolFacts> tools;
  bool is_broken = false;  // a record, or a text in it, is none
};

bool is_good(vap_str_t text) {
  return (text.ptr != nullptr || text.len == 0) && text.len <= 2 * most_schema;
}
std::string text_of(vap_str_t text) {
  return text.len == 0 ? std::string() : std::string(text.ptr, text.len);
}

void VAP_CALL collect(void* context, const vap_tool_t* tool) noexcept {
  Collected& all = *static_cast<Collected*>(context);
  const bool is_whole = tool != nullptr && tool->struct_size >= sizeof *tool &&
                        is_good(tool->name) && is_good(tool->description) &&
                        is_good(tool->parameters);
  all.is_broken = all.is_broken || !is_whole;
  if (!is_whole || all.tools.size() > most_tools) return;
  all.tools.push_back({text_of(tool->name), text_of(tool->description), text_of(tool->parameters),
                       (tool->flags & VAP_TOOL_MUTATING) != 0});
}

}  // namespace

Result<ToolList> ask_for_tools(const vap_plugin_t& plugin, vap_agent_t* agent) {
  const auto* table = static_cast<const vap_ext_tool_t*>(plugin.get_extension(VAP_EXT_TOOL));
  if (table == nullptr) return ToolList{};
  Collected all;
  vap_error_t why{};
  const vap_status_t status = table->list(agent, &all, collect, &why);
  if (status < 0) {
    const std::string words = printable({why.message, ::strnlen(why.message, sizeof why.message)});
    return Error{"bad_function",
                 fmt::format("it does not say which functions it offers: {}",
                             words.empty() ? fmt::format("status {}", status) : words),
                 ""};
  }
  if (all.is_broken)
    return Error{"bad_function", "the record of a function is not complete, or too large",
                 "see vap_tool_t in vap_tool.h"};
  if (Problem wrong = check_tools(all.tools)) return *std::move(wrong);
  return ToolList{table, std::move(all.tools)};
}

}  // namespace patchbay
