// SPDX-License-Identifier: MIT
#include "work/tool_table.h"

#include <utility>

#include "ground/text.h"
#include "work/border.h"

namespace patchbay {
namespace {

constexpr std::size_t most_result = std::size_t{1024} * 1024;  // bytes

vap_status_t told(const ToolCalls::Answer& answer, vap_error_t* why) {
  return patchbay::told(answer.status, answer.why, why);
}

vap_status_t VAP_CALL list(const vap_host_t* host, vap_str_t agent, void* context,
                           void(VAP_CALL* put)(void*, const vap_tool_t*),
                           vap_error_t* why) noexcept {
  if (!is_good(agent) || put == nullptr)
    return told({VAP_E_INVALID, "there is no name, or no put()"}, why);
  const auto each = [&](const ToolFacts& tool) {
    const vap_tool_t given{sizeof given, tool.mutating ? vap_tool_flags_t{VAP_TOOL_MUTATING} : 0,
                           lent(tool.name), lent(tool.description), lent(tool.parameters)};
    put(context, &given);
  };
  return told(api_of(host).tool_calls.list(agent_of(host), view(agent), each), why);
}

// The first revision's fields are there in every record; of later ones ask VAP_HAS.
bool is_whole(const vap_tool_order_t* order) {
  return order != nullptr && order->struct_size >= sizeof *order && is_good(order->agent) &&
         is_good(order->name) && is_good(order->arguments);
}

vap_status_t VAP_CALL call(const vap_host_t* host, vap_reply_t number,
                           const vap_tool_order_t* order,
                           void(VAP_CALL* on_end)(void*, const vap_tool_end_t*), void* user,
                           std::uint64_t* id, vap_error_t* why) noexcept {
  if (id != nullptr) *id = 0;
  if (!is_whole(order) || on_end == nullptr)
    return told({VAP_E_INVALID, "the record of the call is not complete"}, why);
  const ToolCalls::Order wish{view(order->agent), view(order->name), view(order->arguments),
                              Milliseconds{order->timeout_ms}, (order->flags & VAP_TOOL_KEEP) != 0};
  return told(api_of(host).tool_calls.call(agent_of(host), number, wish, {on_end, user}, id), why);
}

vap_status_t VAP_CALL cancel(const vap_host_t* host, std::uint64_t id) noexcept {
  return api_of(host).tool_calls.cancel(agent_of(host), id);
}

vap_status_t VAP_CALL end(const vap_host_t* host, std::uint64_t id, vap_status_t status,
                          vap_str_t result, const vap_error_t* why) noexcept {
  if (!is_good(result)) return VAP_E_INVALID;
  if (result.len > most_result) return VAP_E_LIMIT;
  ToolCall::End how{status, {}, status < 0 ? words_of(why) : std::string()};
  append_utf8_repaired(how.result, view(result));
  return api_of(host).tool_calls.end(agent_of(host), id, std::move(how));
}

vap_cancel_t VAP_CALL cancelled(const vap_host_t* host, std::uint64_t id) noexcept {
  return api_of(host).tool_calls.cancelled(agent_of(host), id);
}

std::int64_t VAP_CALL time_left_ms(const vap_host_t* host, std::uint64_t id) noexcept {
  return api_of(host).tool_calls.time_left_ms(agent_of(host), id);
}

}  // namespace

const vap_ext_tool_host_t tool_table{list, call, cancel, end, cancelled, time_left_ms};

}  // namespace patchbay
