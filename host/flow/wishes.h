// SPDX-License-Identifier: MIT
// What somebody wished for and waits for: each is answered once, by whoever has done it or by the
// end of the host, whichever comes first. Fulfils nothing.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include "flow/steward.h"

namespace patchbay {

class Wishes {
 public:
  using Done = Steward::Done;
  using Number = std::uint64_t;

  // Nothing where the host ends: then `done` was called before this returns. [any]
  std::optional<Number> add(Done done);
  // Calls it, unless it was answered before. [any]
  void answer(Number wish, const Problem& outcome);
  // Answers all that wait, and all that come: the host ends. [control]
  void dismiss();

 private:
  std::mutex mutex_;  // guards everything below
  std::map<Number, Done> waiting_;
  Number next_ = 1;
  bool dismissed_ = false;
};

}  // namespace patchbay
