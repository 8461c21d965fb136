// SPDX-License-Identifier: MIT
#include "state/track_record.h"

#include <utility>

namespace patchbay {
namespace {

constexpr std::uint64_t most_in_a_row = 3;
constexpr std::uint64_t enough_turns = 20;  // fewer say nothing about a share
constexpr std::uint64_t one_in = 5;         // the share of failures that is too much

}  // namespace

void TrackRecord::note(bool went_well) {
  std::function<void()> tell;  // called without the lock: it may ask for the tally
  {
    const std::lock_guard lock(mutex_);
    for (Tally* tally : {&all_, &watched_}) {
      ++tally->turns;
      if (!went_well) ++tally->failures;
    }
    in_a_row_ = went_well ? 0 : in_a_row_ + 1;
    const bool too_many =
        watched_.turns >= enough_turns && watched_.failures * one_in > watched_.turns;
    if (!went_well && (in_a_row_ >= most_in_a_row || too_many)) tell = std::exchange(unfit_, {});
  }
  if (tell) tell();
}

void TrackRecord::watch(std::function<void()> unfit) {
  const std::lock_guard lock(mutex_);
  watched_ = {};
  in_a_row_ = 0;
  unfit_ = std::move(unfit);
}

void TrackRecord::stop_watching() {
  const std::lock_guard lock(mutex_);
  unfit_ = nullptr;
}

TrackRecord::Tally TrackRecord::tally() const {
  const std::lock_guard lock(mutex_);
  return all_;
}

}  // namespace patchbay
