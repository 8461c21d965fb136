// SPDX-License-Identifier: MIT
// What the C tables that plugins call have in common: whose host it is, and whether what comes in
// is what it says. Every cast between C and us stands here.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "ground/log.h"
#include "state/metrics.h"
#include "state/replies.h"
#include "vap/vap.h"
#include "work/requests.h"
#include "work/tasks.h"
#include "work/tool_calls.h"
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
  ToolCalls& tool_calls;
  Log& log;
  bool send_hangup;  // false: vap.call/1 answers VAP_E_UNSUPPORTED
};

// What a plugin's host pointer stands for.
HostApi& api_of(const vap_host_t* host);
Agent& agent_of(const vap_host_t* host);

inline bool is_good(vap_str_t text) {
  return text.ptr != nullptr || text.len == 0;
}
inline std::string_view view(vap_str_t text) {
  return text.len == 0 ? std::string_view() : std::string_view(text.ptr, text.len);
}
inline vap_str_t lent(std::string_view text) {
  return {text.data(), text.size()};
}
// As UTF-8, whatever the plugin wrote; empty where there is none.
std::string words_of(const vap_error_t* error);

// Hands the status back; below 0 it and `why` go into the plugin's record, if there is one.
vap_status_t told(vap_status_t status, std::string_view why, vap_error_t* into);

}  // namespace patchbay
