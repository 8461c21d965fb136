// SPDX-License-Identifier: MIT
// Counts and sums, the host's own and those of agents (vap.metrics/1), as Prometheus text. Bounded:
// a plugin cannot make it grow without end.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace patchbay {

class Metrics {
 public:
  // Adds to a counter. A name that is not [a-z][a-z0-9_]* (at most 64 bytes), or one too many, is
  // dropped. `labels` is Prometheus text, eg: agent="bakery",outcome="answered". [any]
  void count(std::string_view name, std::string_view labels, std::int64_t add);
  // Adds one observation to a sum and its count. [any]
  void observe(std::string_view name, std::string_view labels, double value);

  // How many there are now of what comes and goes. [any]
  void set(std::string_view name, std::string_view labels, std::int64_t now);

  // Prometheus text exposition format 0.0.4. [any]
  [[nodiscard]] std::string text() const;

 private:
  enum class Kind : std::uint8_t { counter, summary, gauge };  // summary: a sum and a count
  struct Series {
    std::int64_t count = 0;
    double sum = 0;
  };
  struct Family {
    Kind kind = Kind::counter;
    std::map<std::string, Series, std::less<>> series;
  };
  Series* find_locked(std::string_view name, std::string_view labels, Kind kind);

  mutable std::mutex mutex_;  // guards everything below
  std::map<std::string, Family, std::less<>> families_;
  std::size_t series_ = 0;
};

}  // namespace patchbay
