// SPDX-License-Identifier: MIT
// How well a version does: its turns, its failures, and whether they make it unfit to serve. Judges
// only; what is done about it is decided elsewhere.
#pragma once
#include <cstdint>
#include <functional>
#include <mutex>

namespace patchbay {

class TrackRecord {
 public:
  struct Tally {
    std::uint64_t turns = 0;     // that came to an end of their own: answered, failed or timed out
    std::uint64_t failures = 0;  // those of them that failed or timed out
  };

  // One turn has ended. Calls what watch() was given on this very thread, where this failure is the
  // one too many. [any]
  void note(bool went_well);
  // From here failures count anew: three in a row, or more than a fifth of twenty and more, call
  // `unfit`, once. It must not block. [any]
  void watch(std::function<void()> unfit);
  void stop_watching();  // [any]

  [[nodiscard]] Tally tally() const;  // since the version was loaded [any]

 private:
  mutable std::mutex mutex_;  // guards everything below
  Tally all_;
  Tally watched_;  // since watch()
  std::uint64_t in_a_row_ = 0;
  std::function<void()> unfit_;  // none where nobody watches
};

}  // namespace patchbay
