// SPDX-License-Identifier: MIT
// How much waits in all books together for a store that cannot be read, and how much may.
#pragma once
#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

#include "ground/budget.h"

namespace patchbay {

class WaitingRoom {
 public:
  // For one entry; given back when it goes.
  class Place {
   public:
    Place() = default;
    ~Place() { give_back(); }
    Place(Place&& other) noexcept
        : room_(std::exchange(other.room_, nullptr)), bytes_(other.bytes_) {}
    Place& operator=(Place&& other) noexcept {
      give_back();
      room_ = std::exchange(other.room_, nullptr);
      bytes_ = other.bytes_;
      return *this;
    }

   private:
    friend class WaitingRoom;
    Place(WaitingRoom& room, std::size_t bytes) : room_(&room), bytes_(bytes) {}
    void give_back();

    WaitingRoom* room_ = nullptr;
    std::size_t bytes_ = 0;
  };

  // It outlives all places.
  explicit WaitingRoom(std::size_t bytes) : bytes_(bytes) {}
  WaitingRoom(const WaitingRoom&) = delete;
  WaitingRoom& operator=(const WaitingRoom&) = delete;

  // Nothing where there is no room for so many bytes. [any]
  [[nodiscard]] std::optional<Place> take(std::size_t bytes);

  [[nodiscard]] std::size_t entries() const { return entries_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_.taken(); }

 private:
  Budget bytes_;
  std::atomic<std::size_t> entries_ = 0;
};

}  // namespace patchbay
