// SPDX-License-Identifier: MIT
#include "check/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "ground/text.h"
#include "vap/vap.h"

namespace patchbay {
namespace {

using Json = nlohmann::ordered_json;

bool is_bad(Verdict::Outcome outcome) {
  return outcome == Verdict::Outcome::failed || outcome == Verdict::Outcome::crashed;
}

// The plugin's own last lines, set apart from ours.
std::string last_lines(std::string_view output) {
  constexpr std::size_t most = 600;  // bytes
  output.remove_prefix(output.size() > most ? output.size() - most : 0);
  std::string text;
  while (!output.empty()) {
    const auto end = std::min(output.find('\n'), output.size() - 1);
    text += fmt::format("           | {}\n",
                        printable(output.substr(0, output[end] == '\n' ? end : end + 1)));
    output.remove_prefix(end + 1);
  }
  return text;
}

std::string line_for(const Tried& tried) {
  const Verdict& verdict = tried.verdict;
  if (verdict.outcome == Verdict::Outcome::passed) {
    return fmt::format("{:<4}  passed   {}\n", tried.rule->group, tried.rule->name);
  }
  std::string text =
      fmt::format("{:<4}  {:<8} {:<29} {}\n", tried.rule->group, word_for(verdict.outcome),
                  tried.rule->name, printable(verdict.reason));
  if (!is_bad(verdict.outcome)) return text;
  return text + fmt::format("           cure: {}\n", tried.rule->cure) + last_lines(tried.output);
}

std::string abi() {
  return fmt::format("{}.{}", VAP_ABI_MAJOR, VAP_ABI_MINOR);
}

}  // namespace

Tally tally_of(const std::vector<Tried>& all) {
  Tally tally;
  for (const Tried& tried : all) {
    const Verdict::Outcome outcome = tried.verdict.outcome;
    tally.passed +=
        outcome == Verdict::Outcome::passed || outcome == Verdict::Outcome::warning ? 1 : 0;
    tally.warnings += outcome == Verdict::Outcome::warning ? 1 : 0;
    tally.skipped += outcome == Verdict::Outcome::skipped ? 1 : 0;
    tally.failed += is_bad(outcome) ? 1 : 0;
    tally.crashed += outcome == Verdict::Outcome::crashed ? 1 : 0;
  }
  return tally;
}

std::string ReportLines::add(const Tried& tried) {
  const bool is_skipped = tried.verdict.outcome == Verdict::Outcome::skipped;
  std::string text;
  if (!is_skipped ||
      (!skipped_.empty() && skipped_.back().verdict.reason != tried.verdict.reason)) {
    text = finish();
  }
  if (!is_skipped) return text + line_for(tried);
  skipped_.push_back(tried);
  return text;
}

std::string ReportLines::finish() {
  const std::vector<Tried> all = std::exchange(skipped_, {});
  if (all.empty()) return {};
  if (all.size() == 1) return line_for(all.front());
  return fmt::format("{:<4}  skipped  {:<29} {}\n", all.front().rule->group,
                     fmt::format("({} rules)", all.size()), printable(all.front().verdict.reason));
}

std::string badge(const Tally& tally, bool complete) {
  std::string counts = fmt::format("{} passed, {} failed, {} not applicable", tally.passed,
                                   tally.failed, tally.skipped);
  if (tally.warnings > 0) counts += fmt::format(" ({} with a warning)", tally.warnings);
  if (tally.crashed > 0) counts += fmt::format(" ({} crashed)", tally.crashed);
  if (tally.failed > 0) return fmt::format("VAP {} not conformant: {}", abi(), counts);
  if (!complete) return fmt::format("some rules only: {}", counts);
  return fmt::format("VAP {} conformant: {}", abi(), counts);
}

std::string json_report(const Subject& subject, const std::vector<Tried>& all, bool complete) {
  const Tally tally = tally_of(all);
  Json rules = Json::array();
  for (const Tried& tried : all) {
    rules.push_back({{"rule", tried.rule->name},
                     {"group", tried.rule->group},
                     {"outcome", word_for(tried.verdict.outcome)},
                     {"reason", tried.verdict.reason},
                     {"cure", is_bad(tried.verdict.outcome) ? tried.rule->cure : ""},
                     {"output", is_bad(tried.verdict.outcome) ? tried.output : ""},
                     {"ms", tried.took.count()}});
  }
  const bool conformant = complete && tally.failed == 0;
  Json out = {{"file", subject.candidate.file().string()}, {"sha256", subject.candidate.digest()}};
  if (subject.manifest) {
    out["id"] = subject.manifest->id;
    out["version"] = subject.manifest->version;
  }
  out["abi"] = abi();
  out["conformant"] = conformant;
  out["passed"] = tally.passed;
  out["warnings"] = tally.warnings;
  out["failed"] = tally.failed;
  out["crashed"] = tally.crashed;
  out["not_applicable"] = tally.skipped;
  out["rules"] = std::move(rules);
  return out.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string explanation(const Rule& rule) {
  return fmt::format("{} ({})\n  rule    {}\n  reason  {}\n  cure    {}\n", rule.name, rule.group,
                     rule.fact, rule.reason, rule.cure);
}

}  // namespace patchbay
