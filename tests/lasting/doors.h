// SPDX-License-Identifier: MIT
// Where hosts answer that share a store, while they come and go. [any]
#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>

namespace patchbay::test {

class Doors {
 public:
  static constexpr std::size_t most = 2;

  void open(std::size_t door, std::uint16_t port) { ports_[door] = port; }
  void close(std::size_t door) { ports_[door] = 0; }
  // An open one: that of this draw, or else another. Waits until there is one.
  [[nodiscard]] std::uint16_t any(std::size_t draw) const {
    for (;; ++draw) {
      if (const std::uint16_t port = ports_[draw % most]; port != 0) return port;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

 private:
  std::array<std::atomic<std::uint16_t>, most> ports_{};  // 0: no host is up
};

}  // namespace patchbay::test
