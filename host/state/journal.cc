// SPDX-License-Identifier: MIT
#include "state/journal.h"

namespace patchbay {

Journal::Journal() : Journal(Limits{}) {}

Journal::Journal(Limits limits) : limits_(limits), shelf_(limits.all) {}

Journal::Begun Journal::begin(std::string_view owner, std::string_view conversation,
                              std::string_view key, std::uint64_t holder, Moment now) {
  if (key.empty()) return {VAP_E_INVALID};
  if (key.size() > limits_.key) return {VAP_E_LIMIT};
  const std::lock_guard lock(mutex_);
  Steps& steps = shelf_.find_or_make(shelf_name(owner, conversation), now, {});
  const auto found = steps.find(std::string(key));
  if (found == steps.end()) {
    if (steps.size() >= limits_.steps) return {VAP_E_LIMIT};
    steps.emplace(key, Step{nullptr, holder});
    return {VAP_E_NOT_FOUND};
  }
  Step& step = found->second;
  if (step.result != nullptr) return {VAP_OK, step.result};
  if (step.holder != 0) return {VAP_E_AGAIN, nullptr, step.holder};
  step.holder = holder;
  return {VAP_E_IN_DOUBT};
}

vap_status_t Journal::finish(std::string_view owner, std::string_view conversation,
                             std::string_view key, std::uint64_t holder, std::string_view result,
                             Moment now) {
  if (result.size() > limits_.result) return VAP_E_LIMIT;
  auto bytes = std::make_shared<const std::string>(result);
  const std::lock_guard lock(mutex_);
  vap_status_t why = VAP_OK;
  Step* step = held(shelf_name(owner, conversation), key, holder, now, why);
  if (step == nullptr) return why;
  *step = {std::move(bytes), 0};
  return VAP_OK;
}

vap_status_t Journal::drop(std::string_view owner, std::string_view conversation,
                           std::string_view key, std::uint64_t holder, Moment now) {
  const std::lock_guard lock(mutex_);
  const std::string name = shelf_name(owner, conversation);
  vap_status_t why = VAP_OK;
  if (held(name, key, holder, now, why) == nullptr) return why;
  shelf_.find(name, now)->erase(std::string(key));
  return VAP_OK;
}

void Journal::abandon(std::string_view owner, std::string_view conversation, std::string_view key,
                      std::uint64_t holder, Moment now) {
  const std::lock_guard lock(mutex_);
  vap_status_t why = VAP_OK;
  if (Step* step = held(shelf_name(owner, conversation), key, holder, now, why)) step->holder = 0;
}

Journal::Step* Journal::held(const std::string& name, std::string_view key, std::uint64_t holder,
                             Moment now, vap_status_t& why) {
  Steps* steps = shelf_.find(name, now);
  const auto found = steps == nullptr ? Steps::iterator() : steps->find(std::string(key));
  if (steps == nullptr || found == steps->end()) {
    why = VAP_E_NOT_FOUND;
    return nullptr;
  }
  if (found->second.result != nullptr || found->second.holder != holder) {
    why = VAP_E_CONFLICT;
    return nullptr;
  }
  return &found->second;
}

void Journal::session_ended(std::string_view owner, std::string_view conversation, Moment now) {
  const std::lock_guard lock(mutex_);
  shelf_.session_ended(shelf_name(owner, conversation), now);
}

void Journal::sweep(Moment now) {
  const std::lock_guard lock(mutex_);
  shelf_.sweep(now);
}

std::size_t Journal::conversations() const {
  const std::lock_guard lock(mutex_);
  return shelf_.size();
}

}  // namespace patchbay
