// SPDX-License-Identifier: MIT
// What an operator is told of versions that come and go: the lines of the log, and the counts.
#pragma once
#include <chrono>

#include "flow/lineup.h"
#include "ground/log.h"
#include "state/board.h"
#include "state/metrics.h"

namespace patchbay {

class News {  // [any]
 public:
  News(Log& log, Metrics& metrics) : log_(log), metrics_(metrics) {}

  // It serves as the agents of that part. `began`: its approval; `took`: the exchange alone.
  void arrived(const Part& part, const Version& version, Moment began,
               std::chrono::nanoseconds took) const;
  void proved(const Version& version) const;
  void swapped_back(const Version& bad, const Version& good, const Error& why) const;
  void refused(const Part& part, const Error& why) const;
  void ended(const Version& version, Generation::Retired how) const;

 private:
  Log& log_;
  Metrics& metrics_;
};

}  // namespace patchbay
