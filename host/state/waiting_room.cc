// SPDX-License-Identifier: MIT
#include "state/waiting_room.h"

namespace patchbay {

std::optional<WaitingRoom::Place> WaitingRoom::take(std::size_t bytes) {
  if (!bytes_.take(bytes)) return std::nullopt;
  ++entries_;
  return Place(*this, bytes);
}

void WaitingRoom::Place::give_back() {
  if (room_ == nullptr) return;
  room_->bytes_.give_back(bytes_);
  --room_->entries_;
  room_ = nullptr;
}

}  // namespace patchbay
