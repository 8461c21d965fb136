// SPDX-License-Identifier: MIT
// What is under way with each plugin file, for people: at most one thing a file, the innermost.
#pragma once
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "ground/clock.h"

namespace patchbay {

class Doings {
 public:
  // eg: "creating its agents for 12 s"; empty: nothing. [any]
  [[nodiscard]] std::string of(const std::filesystem::path& file, Moment now) const;

 private:
  friend class Doing;
  struct What {
    std::string text;
    Moment since;
  };
  // Returns what it was before.
  std::optional<What> set(const std::filesystem::path& file, std::optional<What> what);

  mutable std::mutex mutex_;  // guards under_way_
  std::map<std::filesystem::path, What> under_way_;
};

// Says so for as long as it lives; then it is again what it was before. [any]
class Doing {
 public:
  Doing(Doings& doings, std::filesystem::path file, std::string what);
  ~Doing();
  Doing(const Doing&) = delete;
  Doing& operator=(const Doing&) = delete;

 private:
  Doings& doings_;
  const std::filesystem::path file_;
  std::optional<Doings::What> before_;
};

}  // namespace patchbay
