// SPDX-License-Identifier: MIT
// Signatures that were good once, for as long as they would be good again: a webhook that was
// recorded on its way is not taken a second time. Verifies nothing.
#pragma once
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_set>

#include "ground/clock.h"

namespace patchbay {

class SeenSignatures {
 public:
  // `most`: beyond, the older half is forgotten. 8 bytes and a little each.
  explicit SeenSignatures(std::size_t most = 500'000) : most_(most) {}

  // True for the first call with that header, which must have been verified, over that body.
  // However the header is written: its t and the body are what was signed. [any]
  bool is_first(std::string_view header, std::string_view body, UnixSeconds now);

 private:
  void turn_page_locked(UnixSeconds now);

  const std::size_t most_;
  std::mutex mutex_;  // guards everything below
  std::unordered_set<std::uint64_t> page_, page_before_;
  UnixSeconds page_began_{};
};

}  // namespace patchbay
