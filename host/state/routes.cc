// SPDX-License-Identifier: MIT
#include "state/routes.h"

#include <utility>

namespace patchbay {

std::optional<Routes::Found> Routes::find(std::string_view name) const {
  // The lease is taken under the lock: between look-up and lease no publish() can let the agent go.
  const std::lock_guard lock(mutex_);
  const auto found = table_->by_name.find(name.empty() ? table_->default_agent : std::string(name));
  if (found == table_->by_name.end()) return std::nullopt;
  return Found{table_, &found->second, Lease(*found->second.agent)};
}

std::size_t Routes::agents() const {
  const std::lock_guard lock(mutex_);
  return table_->by_name.size();
}

std::shared_ptr<const RouteTable> Routes::publish(std::shared_ptr<const RouteTable> table) {
  const std::lock_guard lock(mutex_);
  return std::exchange(table_, std::move(table));
}

}  // namespace patchbay
