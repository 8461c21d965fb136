// SPDX-License-Identifier: MIT
#include "reload/host_log.h"

#include "support/line.h"

namespace patchbay::test {

void HostLog::read() {
  const std::string fresh = host_.log_after(read_to_);
  read_to_ += fresh.size();
  rest_ += fresh;
  std::size_t from = 0;
  for (std::size_t to = 0; (to = rest_.find('\n', from)) != std::string::npos; from = to + 1)
    take(std::string_view(rest_).substr(from, to - from));
  rest_.erase(0, from);
}

void HostLog::take(std::string_view line) {
  // By far the most, and of no interest: not taken apart.
  if (line.find(R"("level":"info","fact":"turn")") != std::string_view::npos) return;
  const Json fields = Json::parse(line, nullptr, false);
  if (!fields.is_object()) {
    complaints_.emplace_back(line);
    return;
  }
  const std::string level = fields.value("level", "");
  const std::string fact = fields.value("fact", "");
  // That the trial in a child took long tells of a busy machine.
  const bool is_slowness = fields.value("code", "") == "probe";
  if ((level == "warn" || level == "error") && !is_slowness) complaints_.emplace_back(line);
  if (fact == "agent ready") {
    swaps_.push_back({fields.value("generation", std::uint64_t{0}), fields.value("version", ""),
                      fields.value("swap_us", 0.0), fields.value("ready_ms", std::int64_t{0})});
  } else if (fact == "version unmapped") {
    unmapped_.insert(fields.value("generation", std::uint64_t{0}));
  } else if (fact == "version stays mapped") {
    ++stayed_;
  }
}

}  // namespace patchbay::test
