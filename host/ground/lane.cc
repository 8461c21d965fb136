// SPDX-License-Identifier: MIT
#include "ground/lane.h"

#include <utility>

namespace patchbay {

void Lane::post(Job job) {
  const std::lock_guard lock(mutex_);
  if (!closed_) workers_.post(std::move(job));
}

void Lane::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

}  // namespace patchbay
