// SPDX-License-Identifier: MIT
#include "check/toy_requests.h"

#include <string_view>

namespace patchbay {

void ToyRequests::take(const vap_http_handler_t& handler, void* user, std::uint64_t* id) {
  const std::lock_guard lock(mutex_);
  Unsent& unsent = unsent_.emplace_back(Unsent{handler, user});
  if (id != nullptr) *id = unsent_.size();
  tasks_.post(Milliseconds{0}, fail, &unsent);
}

void VAP_CALL ToyRequests::fail(void* unsent) noexcept {
  const auto& [handler, user] = *static_cast<const Unsent*>(unsent);
  constexpr std::string_view why = "patchbay check sends nothing over the network";
  const vap_http_end_t end{
      sizeof end, VAP_E_FAILED, 0, VAP_HTTP_TIMEOUT_NONE, {why.data(), why.size()}, -1, 0};
  handler.on_end(user, &end);
}

}  // namespace patchbay
