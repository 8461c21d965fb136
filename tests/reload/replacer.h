// SPDX-License-Identifier: MIT
// Puts one version of the talker after another into a host's plugin directory, and waits for each
// until it serves. One thread's.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "reload/host_log.h"
#include "reload/succession.h"
#include "support/host_process.h"

namespace patchbay::test {

inline constexpr std::uint64_t talker_versions = 4;  // as tests/fixtures/CMakeLists.txt builds them

// The version that is the n-th to come takes the place of whatever is there, in one rename.
void place_talker(const std::filesystem::path& directory, std::uint64_t n);

class Replacer {
 public:
  struct Way {
    std::string trigger;  // see Plan
    std::filesystem::path directory;
    std::string admin_socket;
  };

  // `succession` is told before and after. All of it outlives this.
  Replacer(const HostProcess& host, HostLog& log, Succession& succession, Way way)
      : host_(host), log_(log), succession_(succession), way_(std::move(way)) {}

  // The next version. Returns why it does not serve; empty where it does.
  std::string replace();

  [[nodiscard]] std::uint64_t done() const { return serving_ - 1; }
  [[nodiscard]] const std::vector<float>& took_ms() const { return took_ms_; }  // for each

 private:
  std::string tell_host();

  const HostProcess& host_;
  HostLog& log_;
  Succession& succession_;
  const Way way_;
  std::uint64_t serving_ = 1;
  std::vector<float> took_ms_;
};

}  // namespace patchbay::test
