// SPDX-License-Identifier: MIT
#include "tally.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>

namespace patchbay::bench {
namespace {

using Microseconds = std::chrono::duration<double, std::micro>;

void append_times(std::string& out, const char* name, const Histogram& times) {
  const auto us = [](Histogram::Time time) { return Microseconds(time).count(); };
  fmt::format_to(std::back_inserter(out),
                 R"("{}":{{"p50":{:.1f},"p99":{:.1f},"p999":{:.1f},"max":{:.1f}}},)", name,
                 us(times.of(0.5)), us(times.of(0.99)), us(times.of(0.999)), us(times.longest()));
}

}  // namespace

std::uint64_t Tally::wrong() const {
  return std::accumulate(errors.begin(), errors.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& kind) { return sum + kind.second; });
}

Fairness fairness_of(std::vector<std::uint64_t> turns) {
  Fairness fair;
  if (turns.empty()) return fair;
  std::sort(turns.begin(), turns.end());
  fair.slowest = turns.front();
  fair.median = turns[turns.size() / 2];
  if (fair.median > 0)
    fair.ratio = static_cast<double>(fair.slowest) / static_cast<double>(fair.median);
  fair.starved =
      static_cast<std::size_t>(std::count_if(turns.begin(), turns.end(), [&](std::uint64_t count) {
        return count == 0 || count * 10 < fair.median;
      }));
  return fair;
}

std::string to_json(const Tally& tally) {
  const double seconds = std::chrono::duration<double>(tally.measured).count();
  const double own = Microseconds(tally.own_cpu).count();
  const Fairness fair = fairness_of(tally.turns_of_a_connection);
  std::string out = fmt::format(
      R"({{"all_turns":{},"turns":{},"seconds":{:.3f},"turns_per_second":{:.1f},"late":{},)",
      tally.all_turns, tally.turns, seconds,
      seconds > 0 ? static_cast<double>(tally.turns) / seconds : 0, tally.late);
  append_times(out, "first_byte_us", tally.first_byte);
  append_times(out, "first_event_us", tally.first_event);
  append_times(out, "turn_us", tally.whole);
  if (tally.refused.count() > 0) append_times(out, "refused_us", tally.refused);
  if (tally.delivery.count() > 0) {
    fmt::format_to(std::back_inserter(out), R"("words":{},)", tally.delivery.count());
    append_times(out, "first_delivery_us", tally.first_delivery);
    append_times(out, "delivery_us", tally.delivery);
  }
  fmt::format_to(std::back_inserter(out), R"("wrong":{},"errors":{{)", tally.wrong());
  const char* comma = "";
  for (const auto& [kind, count] : tally.errors) {
    fmt::format_to(std::back_inserter(out), R"({}"{}":{})", comma, kind, count);
    comma = ",";
  }
  fmt::format_to(
      std::back_inserter(out),
      R"(}},"fairness":{{"slowest_turns":{},"median_turns":{},"ratio":{:.3f},"starved":{}}},)"
      R"("own_cpu_us_per_turn":{:.2f}}})",
      fair.slowest, fair.median, fair.ratio, fair.starved,
      tally.all_turns > 0 ? own / static_cast<double>(tally.all_turns) : 0);
  return out;
}

}  // namespace patchbay::bench
