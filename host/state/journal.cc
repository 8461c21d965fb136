// SPDX-License-Identifier: MIT
#include "state/journal.h"

#include <utility>

namespace patchbay {
namespace {

constexpr std::string_view prefix = "j/";
// The first byte of a record: was the step done?
constexpr char is_begun = 'b', is_done = 'd';

RecordChange record_of(std::string_view key, std::string value, std::uint64_t fresh,
                       std::uint64_t was) {
  return {std::string(prefix).append(key), std::move(value), fresh, was};
}

}  // namespace

Journal::Begun Journal::begin(std::string_view key, std::uint64_t holder, std::uint64_t fresh) {
  if (key.empty()) return {VAP_E_INVALID};
  if (key.size() > limits_.key) return {VAP_E_LIMIT};
  const auto found = steps_.find(std::string(key));
  if (found == steps_.end()) {
    if (steps_.size() >= limits_.steps) return {VAP_E_LIMIT};
    steps_.emplace(key, Step{nullptr, holder, fresh});
    return {VAP_E_NOT_FOUND, nullptr, 0, record_of(key, std::string(1, is_begun), fresh, 0)};
  }
  Step& step = found->second;
  if (step.result != nullptr) return {VAP_OK, step.result};
  if (step.holder != 0) return {VAP_E_AGAIN, nullptr, step.holder};
  step.holder = holder;
  // Written again although it says the same: of two hosts that find it, only one shall have it.
  const std::uint64_t was = std::exchange(step.revision, fresh);
  return {VAP_E_IN_DOUBT, nullptr, 0, record_of(key, std::string(1, is_begun), fresh, was)};
}

Journal::Settled Journal::finish(std::string_view key, std::uint64_t holder,
                                 std::string_view result, std::uint64_t fresh) {
  if (result.size() > limits_.result) return {VAP_E_LIMIT};
  vap_status_t why = VAP_OK;
  Step* const step = held(key, holder, why);
  if (step == nullptr) return {why};
  const std::uint64_t was = step->revision;
  *step = {std::make_shared<const std::string>(result), 0, fresh};
  return {VAP_OK, record_of(key, std::string(1, is_done).append(result), fresh, was)};
}

Journal::Settled Journal::drop(std::string_view key, std::uint64_t holder) {
  vap_status_t why = VAP_OK;
  const Step* const step = held(key, holder, why);
  if (step == nullptr) return {why};
  RecordChange change{std::string(prefix).append(key), std::nullopt, 0, step->revision};
  steps_.erase(std::string(key));
  return {VAP_OK, std::move(change)};
}

void Journal::abandon(std::string_view key, std::uint64_t holder) {
  vap_status_t why = VAP_OK;
  if (Step* const step = held(key, holder, why)) step->holder = 0;
}

bool Journal::restore(const Record& record) {
  const auto recorded = step_in(record);
  if (!recorded) return false;
  Step step{nullptr, 0, record.revision};
  if (recorded->is_done) step.result = std::make_shared<const std::string>(record.value.substr(1));
  steps_[std::string(recorded->key)] = std::move(step);
  return true;
}

std::optional<Journal::RecordedStep> Journal::step_in(const Record& record) {
  if (!record.key.starts_with(prefix) || record.value.empty()) return std::nullopt;
  return RecordedStep{std::string_view(record.key).substr(prefix.size()),
                      record.value.front() == is_done};
}

void Journal::keep_holders(const Journal& before) {
  for (const auto& [key, step] : before.steps_) {
    const auto found = steps_.find(key);
    if (found != steps_.end() && found->second.revision == step.revision)
      found->second.holder = step.holder;
  }
}

Journal::Step* Journal::held(std::string_view key, std::uint64_t holder, vap_status_t& why) {
  const auto found = steps_.find(std::string(key));
  if (found == steps_.end()) {
    why = VAP_E_NOT_FOUND;
    return nullptr;
  }
  if (found->second.result != nullptr || found->second.holder != holder) {
    why = VAP_E_CONFLICT;
    return nullptr;
  }
  return &found->second;
}

}  // namespace patchbay
