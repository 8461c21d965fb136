// SPDX-License-Identifier: MIT
#include "state/values.h"

#include <utility>

namespace patchbay {
namespace {

constexpr std::string_view prefix = "s/";

}  // namespace

Values::Value Values::get(std::string_view key) const {
  const auto found = values_.find(std::string(key));
  return found == values_.end() ? Value{} : found->second;
}

Values::Put Values::put(std::string_view key, std::string_view value, std::uint64_t was,
                        std::uint64_t fresh) {
  if (key.empty()) return {VAP_E_INVALID};
  if (key.size() > limits_.key || value.size() > limits_.value) return {VAP_E_LIMIT};
  const auto found = values_.find(std::string(key));
  const std::uint64_t current = found == values_.end() ? 0 : found->second.revision;
  if (was != VAP_REV_ANY && was != current) return {VAP_E_CONFLICT};
  RecordChange change{std::string(prefix).append(key), std::nullopt, 0, current};
  if (value.empty()) {
    if (found == values_.end()) return {VAP_OK};
    values_.erase(found);
    return {VAP_OK, std::move(change)};
  }
  if (found == values_.end() && values_.size() >= limits_.keys) return {VAP_E_LIMIT};
  values_[std::string(key)] = {std::make_shared<const std::string>(value), fresh};
  change.value = value;
  change.revision = fresh;
  return {VAP_OK, std::move(change)};
}

bool Values::restore(Record& record) {
  const auto key = key_in(record);
  if (!key) return false;
  values_[std::string(*key)] = {std::make_shared<const std::string>(std::move(record.value)),
                                record.revision};
  return true;
}

std::optional<std::string_view> Values::key_in(const Record& record) {
  if (!record.key.starts_with(prefix)) return std::nullopt;
  return std::string_view(record.key).substr(prefix.size());
}

}  // namespace patchbay
