// SPDX-License-Identifier: MIT
#include "flow/doings.h"

#include <fmt/format.h>

#include <utility>

namespace patchbay {

std::string Doings::of(const std::filesystem::path& file, Moment now) const {
  const std::lock_guard lock(mutex_);
  const auto found = under_way_.find(file);
  if (found == under_way_.end()) return {};
  const auto seconds = std::chrono::duration_cast<Seconds>(now - found->second.since).count();
  return fmt::format("{} for {} s", found->second.text, seconds);
}

std::optional<Doings::What> Doings::set(const std::filesystem::path& file,
                                        std::optional<What> what) {
  const std::lock_guard lock(mutex_);
  std::optional<What> before;
  if (const auto found = under_way_.find(file); found != under_way_.end()) {
    before = std::move(found->second);
    under_way_.erase(found);
  }
  if (what) under_way_.emplace(file, *std::move(what));
  return before;
}

Doing::Doing(Doings& doings, std::filesystem::path file, std::string what)
    : doings_(doings),
      file_(std::move(file)),
      before_(doings_.set(file_, Doings::What{std::move(what), Clock::now()})) {}

Doing::~Doing() {
  doings_.set(file_, std::move(before_));
}

}  // namespace patchbay
