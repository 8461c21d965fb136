// SPDX-License-Identifier: MIT
// What came of a soak: for a person, for a script, and whether it is good.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "reload/conversation.h"
#include "reload/plan.h"
#include "reload/process_view.h"

namespace patchbay::test {

struct Spread {
  double p50 = 0, p99 = 0, max = 0;

  template <class Number>
  static Spread of(std::vector<Number> values) {
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    const auto at = [&](double share) {
      return static_cast<double>(
          values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))]);
    };
    return {at(0.5), at(0.99), at(1)};
  }
};

struct Figures {
  Conversation::Tally callers;  // all together
  std::uint64_t reloads = 0, unmapped = 0, stayed_mapped = 0;
  std::size_t live = 0;                    // generations whose code is mapped at the end
  ProcessView before, early, late, after;  // the reloads; some reloads in, at the last, at rest
  std::uint64_t early_at = 0;              // after which reload
  std::vector<std::int64_t> rss_kib;       // after each tenth of the reloads
  Spread swap_us, reload_ms, quiet_ms, reloading_ms;
  double quiet_seconds = 0, reloading_seconds = 0;
  std::vector<std::string> faults;  // each makes it a failure

  void add(const Conversation::Tally& caller);
  [[nodiscard]] std::uint64_t sent() const;
  [[nodiscard]] std::int64_t growth_kib() const { return late.rss_kib - early.rss_kib; }

  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::string json(const Plan& plan) const;
};

}  // namespace patchbay::test
