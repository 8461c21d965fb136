// SPDX-License-Identifier: MIT
// What is being said is written down while the agent still speaks, so that a host that is killed
// leaves behind what its callers have heard. A turn that is over before that costs nothing.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "ground/clock.h"
#include "state/replies.h"

namespace patchbay {

class Dictation {
 public:
  // `at_once`: how many turns one look writes down at most, so that ten thousand that speak do not
  // keep the store from all else. The others come with the next looks.
  explicit Dictation(std::size_t at_once = 256) : at_once_(at_once) {}

  // Writes down what those of the open replies have said since the last look that have spoken for
  // longer than a second; the longest not written comes first. Waits for nobody. One thread at a
  // time; every second or so.
  void look(const std::vector<std::shared_ptr<Reply>>& open, Moment now);

 private:
  struct Noted {
    std::size_t pieces = 0;  // that were written down
    std::uint64_t look = 0;  // the last that tried; 0: none yet
  };

  const std::size_t at_once_;
  std::uint64_t looks_ = 0;
  std::unordered_map<vap_reply_t, Noted> noted_;  // of the replies that were open at the last look
};

}  // namespace patchbay
