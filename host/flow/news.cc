// SPDX-License-Identifier: MIT
#include "flow/news.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace patchbay {
namespace {

std::string short_digest(const Version& version) {
  return version.digest.substr(0, 16);
}

std::string label(std::string_view name, std::string_view value) {
  return fmt::format(R"({}="{}")", name, value);
}

}  // namespace

void News::arrived(const Part& part, const Version& version, Moment began,
                   std::chrono::nanoseconds took) const {
  for (const Error& remark : version.remarks) {
    log_.warn("plugin warning",
              {{"file", part.file.string()}, {"code", remark.code}, {"why", remark.text()}});
  }
  for (const AgentConfig& agent : part.agents) {
    log_.info("agent ready",
              {{"agent", agent.name},
               {"plugin", version.plugin_id},
               {"version", version.version},
               {"generation", version.number},
               {"digest", short_digest(version)},
               {"file", part.file.string()},
               {"ready_ms", std::chrono::floor<Milliseconds>(Clock::now() - began).count()},
               {"swap_us", std::chrono::duration<double, std::micro>(took).count()}});
  }
  metrics_.count("patchbay_swaps_total", label("plugin", version.plugin_id), 1);
}

void News::proved(const Version& version) const {
  log_.info("probation is over", {{"plugin", version.plugin_id},
                                  {"version", version.version},
                                  {"generation", version.number}});
}

void News::swapped_back(const Version& bad, const Version& good, const Error& why) const {
  log_.write(why.code == "rolled_back" ? LogLevel::warn : LogLevel::error, "swapped back",
             {{"plugin", bad.plugin_id},
              {"from", bad.version},
              {"to", good.version},
              {"generation", bad.number},
              {"digest", short_digest(bad)},
              {"code", why.code},
              {"why", why.text()}});
  metrics_.count("patchbay_swap_backs_total", label("plugin", bad.plugin_id), 1);
}

void News::refused(const Part& part, const Error& why) const {
  log_.error("plugin refused",
             {{"file", part.file.string()}, {"code", why.code}, {"why", why.text()}});
  metrics_.count("patchbay_refusals_total", label("code", why.code), 1);
}

void News::ended(const Version& version, Generation::Retired how) const {
  const bool unmapped = how == Generation::Retired::unmapped;
  log_.write(unmapped ? LogLevel::info : LogLevel::warn,
             unmapped ? "version unmapped" : "version stays mapped",
             {{"plugin", version.plugin_id},
              {"version", version.version},
              {"generation", version.number},
              {"why", version.stays_because}});
  metrics_.count(
      "patchbay_retired_total",
      label("plugin", version.plugin_id) + "," + label("end", unmapped ? "unmapped" : "mapped"), 1);
}

}  // namespace patchbay
