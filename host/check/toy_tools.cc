// SPDX-License-Identifier: MIT
#include "check/toy_tools.h"

#include <cstring>
#include <string_view>

namespace patchbay {

// The C functions.
struct ToyToolTable {
  static ToyTools& tools_of(const vap_host_t* table) {
    return *reinterpret_cast<const ToySeat*>(table)->tools;
  }
  static vap_status_t refuse(const vap_host_t* h, vap_error_t* why) {
    constexpr std::string_view words = "patchbay check has no other agents";
    const vap_status_t wanted = tools_of(h).refusal_;
    const vap_status_t status = wanted < 0 ? wanted : vap_status_t{VAP_E_UNAVAILABLE};
    if (why != nullptr) {
      why->code = status;
      why->message[words.copy(why->message, sizeof why->message - 1)] = '\0';
    }
    return status;
  }

  static vap_status_t VAP_CALL list(const vap_host_t* h, vap_str_t, void*,
                                    void(VAP_CALL*)(void*, const vap_tool_t*),
                                    vap_error_t* why) noexcept {
    return refuse(h, why);
  }
  static vap_status_t VAP_CALL call(const vap_host_t* h, vap_reply_t, const vap_tool_order_t*,
                                    void(VAP_CALL*)(void*, const vap_tool_end_t*), void*,
                                    std::uint64_t* id, vap_error_t* why) noexcept {
    if (id != nullptr) *id = 0;
    return refuse(h, why);
  }
  static vap_status_t VAP_CALL cancel(const vap_host_t*, std::uint64_t) noexcept {
    return VAP_E_NOT_FOUND;
  }
  static vap_status_t VAP_CALL end(const vap_host_t* h, std::uint64_t id, vap_status_t status,
                                   vap_str_t result, const vap_error_t* why) noexcept {
    if (result.ptr == nullptr && result.len > 0) return VAP_E_INVALID;
    return tools_of(h).end(id, status, result, why);
  }
  static vap_cancel_t VAP_CALL cancelled(const vap_host_t* h, std::uint64_t id) noexcept {
    ToyTools& tools = tools_of(h);
    const std::lock_guard lock(tools.mutex_);
    const auto found = tools.calls_.find(id);
    const bool is_open = found != tools.calls_.end() && found->second.heard.ends == 0;
    return is_open ? found->second.cancelled : vap_cancel_t{VAP_CANCEL_HANGUP};
  }
  static std::int64_t VAP_CALL time_left_ms(const vap_host_t* h, std::uint64_t id) noexcept {
    constexpr std::int64_t enough = 5'000;
    return cancelled(h, id) == VAP_CANCEL_NONE ? enough : 0;
  }
};

const vap_ext_tool_host_t& ToyTools::table() {
  static constexpr vap_ext_tool_host_t table{ToyToolTable::list,      ToyToolTable::call,
                                             ToyToolTable::cancel,    ToyToolTable::end,
                                             ToyToolTable::cancelled, ToyToolTable::time_left_ms};
  return table;
}

std::uint64_t ToyTools::open() {
  const std::lock_guard lock(mutex_);
  calls_[++last_];
  return last_;
}

void ToyTools::cancel(std::uint64_t id, vap_cancel_t why) {
  const std::lock_guard lock(mutex_);
  calls_[id].cancelled = why;
}

ToyTools::Heard ToyTools::heard(std::uint64_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found = calls_.find(id);
  return found == calls_.end() ? Heard() : found->second.heard;
}

bool ToyTools::ended_within(std::uint64_t id, Milliseconds most) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, most, [&] { return calls_.at(id).heard.ends > 0; });
}

vap_status_t ToyTools::end(std::uint64_t id, vap_status_t status, vap_str_t result,
                           const vap_error_t* why) {
  const std::lock_guard lock(mutex_);
  const auto found = calls_.find(id);
  if (found == calls_.end()) return VAP_E_ENDED;
  Heard& heard = found->second.heard;
  if (++heard.ends > 1) return VAP_E_ENDED;
  heard.status = status;
  heard.result.assign(result.ptr == nullptr ? "" : result.ptr, result.len);
  if (why != nullptr) heard.why.assign(why->message, ::strnlen(why->message, sizeof why->message));
  changed_.notify_all();
  if (refusal_ < 0) return refusal_;
  return found->second.cancelled == VAP_CANCEL_NONE ? VAP_OK : VAP_E_CANCELLED;
}

}  // namespace patchbay
