// SPDX-License-Identifier: MIT
// Which files and directories the watch is told to follow, as the configuration changes. What
// becomes of a change that is seen is not its business.
#pragma once
#include <filesystem>
#include <set>
#include <utility>

#include "codec/config.h"
#include "ground/log.h"
#include "machine/watch.h"

namespace patchbay {

class Following {
 public:
  // `also`: the configuration's file, or empty. The log outlives this.
  Following(std::filesystem::path also, Log& log) : also_(std::move(also)), log_(log) {}

  void use(Watch& watch) { watch_ = &watch; }  // it outlives the last call of the others

  // Follows what a configuration wants, beside all that was followed before. [control]
  void add(const Config& config);
  // Follows that, and nothing else any more. [control]
  void settle(const Config& config);

 private:
  struct Wanted {
    std::set<std::filesystem::path> files;
    std::set<std::filesystem::path> directories;
  };
  [[nodiscard]] Wanted wanted_of(const Config& config) const;

  const std::filesystem::path also_;
  Log& log_;
  Watch* watch_ = nullptr;  // null where nobody watches
  Wanted followed_;
};

}  // namespace patchbay
