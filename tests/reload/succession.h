// SPDX-License-Identifier: MIT
// Which versions of the plugin may answer at this moment, as far as whoever replaces them can know:
// versions are numbered 1, 2, 3 as they come.
#pragma once
#include <atomic>
#include <cstdint>

namespace patchbay::test {

class Succession {
 public:
  // From here `next` may answer, and all before it still may. [the replacing thread]
  void begin(std::uint64_t next) { newest_ = next; }
  // From here none before `next` may. [the replacing thread]
  void complete(std::uint64_t next) { oldest_ = next; }

  [[nodiscard]] std::uint64_t oldest() const { return oldest_; }  // [any]
  [[nodiscard]] std::uint64_t newest() const { return newest_; }  // [any]

 private:
  std::atomic<std::uint64_t> oldest_ = 1;
  std::atomic<std::uint64_t> newest_ = 1;
};

}  // namespace patchbay::test
