// SPDX-License-Identifier: MIT
// What a host's log (--log-format json) says about its versions, read on as it grows.
#pragma once
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/host_process.h"

namespace patchbay::test {

class HostLog {
 public:
  struct Swap {
    std::uint64_t generation = 0;
    std::string version;
    double swap_us = 0;         // the exchange itself
    std::int64_t ready_ms = 0;  // from the look at the file
  };

  explicit HostLog(const HostProcess& host) : host_(host) {}

  void read();  // what came since

  [[nodiscard]] const std::vector<Swap>& swaps() const { return swaps_; }
  [[nodiscard]] std::size_t unmapped() const { return unmapped_.size(); }
  [[nodiscard]] std::size_t stayed_mapped() const { return stayed_; }
  // Warnings, errors, and what is no line of a log: a sanitizer's report.
  [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  void take(std::string_view line);

  const HostProcess& host_;
  std::size_t read_to_ = 0;
  std::string rest_;  // a line that is not whole yet
  std::vector<Swap> swaps_;
  std::set<std::uint64_t> unmapped_;
  std::size_t stayed_ = 0;
  std::vector<std::string> complaints_;
};

}  // namespace patchbay::test
