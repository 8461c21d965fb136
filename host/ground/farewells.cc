// SPDX-License-Identifier: MIT
#include "ground/farewells.h"

#include <utility>

namespace patchbay {

void Farewells::add(std::function<void()> then) {
  {
    const std::lock_guard lock(mutex_);
    if (!over_) return then_.push_back(std::move(then));
  }
  then();
}

void Farewells::tell() {
  std::vector<std::function<void()>> all;
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
    all.swap(then_);
  }
  for (const auto& then : all) then();
}

}  // namespace patchbay
