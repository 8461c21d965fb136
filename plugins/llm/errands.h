// SPDX-License-Identifier: MIT
// The calls of one round, all at once, and what came of them in the order of the calls. A call that
// cannot be run has its outcome at once: what was wrong with it.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vap/vap.hpp>
#include <vector>

#include "acts.h"
#include "call.h"
#include "errand.h"
#include "house.h"
#include "tool.h"

namespace llm {

class Errands : public std::enable_shared_from_this<Errands> {
 public:
  struct Ears {
    std::function<void(const Tool&, const Outcome&)> result;  // of each that went well, as it comes
    // Once, and last: all outcomes, and whether a call was one that could not be run.
    std::function<void(std::vector<Outcome>, bool)> all;
  };
  Errands(House& house, const vap::speech& of, Ears ears)
      : house_(house), of_(of), ears_(std::move(ears)) {}

  // Both ears may hear before it returns. [turn]
  void run(const Tools& tools, const std::vector<Call>& calls, Acts& acts);
  void cancel();  // [any]

 private:
  void hear(std::size_t at, const Tool& tool, const Outcome& outcome);
  void settle(std::size_t at, Outcome outcome);

  House& house_;
  const vap::speech of_;
  const Ears ears_;
  std::mutex mutex_;  // guards everything below
  std::vector<std::shared_ptr<Errand>> running_;
  std::vector<Outcome> outcomes_;
  std::size_t left_ = 0;  // calls without an outcome
  bool wrong_ = false;
  bool cancelled_ = false;
};

}  // namespace llm
