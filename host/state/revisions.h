// SPDX-License-Identifier: MIT
// Revisions for what is stored: each differs from all before, also from those of another host. Two
// hosts that counted from 1 would take what the other wrote for their own.
#pragma once
#include <atomic>
#include <cstdint>

namespace patchbay {

class Revisions {
 public:
  Revisions();

  // Never 0, which says that a key is absent, nor VAP_REV_ANY. [any]
  std::uint64_t next();

 private:
  std::atomic<std::uint64_t> next_;
};

}  // namespace patchbay
