// SPDX-License-Identifier: MIT
#include "state/metrics.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace patchbay {
namespace {

constexpr std::size_t most_series = 4096;
constexpr std::size_t longest_name = 70;  // bytes: "agent_" and the 64 that a plugin may use

bool is_metric_name(std::string_view name) {
  if (name.empty() || name.size() > longest_name || name[0] < 'a' || name[0] > 'z') return false;
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

}  // namespace

void Metrics::count(std::string_view name, std::string_view labels, std::int64_t add) {
  const std::lock_guard lock(mutex_);
  if (Series* series = find_locked(name, labels, Kind::counter)) series->count += add;
}

void Metrics::observe(std::string_view name, std::string_view labels, double value) {
  if (!std::isfinite(value)) return;
  const std::lock_guard lock(mutex_);
  if (Series* series = find_locked(name, labels, Kind::summary)) {
    ++series->count;
    series->sum += value;
  }
}

void Metrics::set(std::string_view name, std::string_view labels, std::int64_t now) {
  const std::lock_guard lock(mutex_);
  if (Series* series = find_locked(name, labels, Kind::gauge)) series->count = now;
}

Metrics::Series* Metrics::find_locked(std::string_view name, std::string_view labels, Kind kind) {
  auto family = families_.find(name);
  if (family == families_.end()) {
    if (!is_metric_name(name) || series_ >= most_series) return nullptr;
    family = families_.emplace(std::string(name), Family{kind, {}}).first;
  }
  if (family->second.kind != kind) return nullptr;
  auto series = family->second.series.find(labels);
  if (series == family->second.series.end()) {
    if (series_ >= most_series) return nullptr;
    ++series_;
    series = family->second.series.emplace(std::string(labels), Series{}).first;
  }
  return &series->second;
}

std::string Metrics::text() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  const auto to = std::back_inserter(out);
  for (const auto& [name, family] : families_) {
    constexpr std::string_view kinds[] = {"counter", "summary", "gauge"};
    fmt::format_to(to, "# TYPE {} {}\n", name, kinds[static_cast<std::size_t>(family.kind)]);
    for (const auto& [labels, series] : family.series) {
      if (family.kind == Kind::summary) {
        fmt::format_to(to, "{0}_sum{{{1}}} {2}\n{0}_count{{{1}}} {3}\n", name, labels, series.sum,
                       series.count);
      } else {
        fmt::format_to(to, "{}{{{}}} {}\n", name, labels, series.count);
      }
    }
  }
  return out;
}

}  // namespace patchbay
