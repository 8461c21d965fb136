// SPDX-License-Identifier: MIT
#include "work/tool_call.h"

#include <utility>

namespace patchbay {
namespace {

vap_str_t str(const std::string& text) {
  return {text.data(), text.size()};
}

}  // namespace

ToolCall::ToolCall(Id id, Lease caller, Lease called, const Caller& ear, Facts facts)
    : id_(id),
      caller_(caller.agent()),
      called_(called.agent()),
      ear_(ear),
      facts_(std::move(facts)),
      began_(Clock::now()),
      caller_lease_(std::move(caller)),
      called_lease_(std::move(called)) {}

bool ToolCall::begin() {
  const std::lock_guard lock(mutex_);
  begun_ = !end_;
  passed_over_ = !begun_;
  return begun_;
}

void ToolCall::came_back() {
  const std::lock_guard lock(mutex_);
  back_ = true;
}

ToolCall::Ending ToolCall::end(End how) {
  const std::lock_guard lock(mutex_);
  if (!begun_ || std::exchange(ended_, true)) return Ending::unknown;
  if (end_) return Ending::too_late;
  end_ = std::move(how);
  return Ending::heard;
}

vap_cancel_t ToolCall::cancelled() const {
  const std::lock_guard lock(mutex_);
  return begun_ && !ended_ ? cut_ : vap_cancel_t{VAP_CANCEL_HANGUP};
}

bool ToolCall::cut(vap_cancel_t why, vap_status_t status, const std::string& message) {
  const std::lock_guard lock(mutex_);
  if (end_) return false;
  end_ = End{status, {}, message};
  cut_ = why;
  return true;
}

vap_status_t ToolCall::run(vap_error_t& why) {
  const vap_tool_call_t given{sizeof given,
                              0,
                              id_,
                              str(facts_.name),
                              str(facts_.arguments),
                              str(facts_.caller),
                              str(facts_.conversation),
                              str(facts_.turn),
                              facts_.timeout.count()};
  return called_.call_tool(given, why);
}

std::optional<Lease> ToolCall::open_for_cancel() const {
  const std::lock_guard lock(mutex_);
  if (!begun_ || ended_ || !called_lease_) return std::nullopt;
  return called_lease_->again();
}

void ToolCall::tell() {
  vap_tool_end_t given{};
  {
    // What it points to is not touched any more, now that it is there.
    const std::lock_guard lock(mutex_);
    given = {sizeof given,
             begun_ ? vap_tool_end_flags_t{VAP_TOOL_BEGUN} : 0,
             end_->status,
             0,
             str(end_->result),
             str(end_->message),
             std::chrono::duration_cast<Milliseconds>(Clock::now() - began_).count()};
  }
  ear_.on_end(ear_.user, &given);
}

bool ToolCall::was_begun() const {
  const std::lock_guard lock(mutex_);
  return begun_;
}

bool ToolCall::has_end() const {
  const std::lock_guard lock(mutex_);
  return end_.has_value();
}

bool ToolCall::holds(const Generation& generation) const {
  const std::lock_guard lock(mutex_);
  return (caller_lease_ && &caller_.generation() == &generation) ||
         (called_lease_ && &called_.generation() == &generation);
}

vap_status_t ToolCall::status() const {
  const std::lock_guard lock(mutex_);
  return end_ ? end_->status : vap_status_t{VAP_OK};
}

std::string ToolCall::message() const {
  const std::lock_guard lock(mutex_);
  return end_ ? end_->message : std::string();
}

bool ToolCall::settle(bool caller_told) {
  // Given back without our lock: the last one may end a generation.
  std::optional<Lease> caller, called;
  const std::lock_guard lock(mutex_);
  if (caller_told) caller = std::exchange(caller_lease_, std::nullopt);
  if (passed_over_ || (back_ && ended_)) called = std::exchange(called_lease_, std::nullopt);
  return !caller_lease_ && !called_lease_;
}

}  // namespace patchbay
