// SPDX-License-Identifier: MIT
// reload_soak: its arguments, its figures, and 0 where nothing was at fault.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <fstream>

#include "reload/soak.h"

namespace patchbay::test {
namespace {

int run(int count, char** arguments) {
  Plan plan;
  CLI::App app("Callers who talk without pause while their agent is replaced again and again");
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.add_option("--reloads", plan.reloads, "Versions to put in place")->check(CLI::PositiveNumber);
  app.add_option("--turns", plan.turns, "Turns to take, at least")->check(CLI::PositiveNumber);
  app.add_option("--conversations", plan.conversations, "Callers at once")
      ->check(CLI::PositiveNumber);
  app.add_option("--seed", plan.seed, "Of what the callers say");
  app.add_option("--trigger", plan.trigger, "How the host hears of a new version")
      ->check(CLI::IsMember({"signal", "admin", "watch"}));
  app.add_option("--probation", plan.probation,
                 "How long the old version stays warm, eg: 0ms (default: the host's)");
  app.add_option("--most-growth", plan.most_growth_kib,
                 "KiB that the host's memory may grow by (default: not judged)");
  app.add_option("--json", plan.json, "Write the figures to this file too");
  CLI11_PARSE(app, count, arguments);

  const Figures figures = soak(plan);
  std::fputs(figures.text().c_str(), stdout);
  if (!plan.json.empty()) std::ofstream(plan.json) << figures.json(plan) << '\n';
  return figures.faults.empty() ? 0 : 1;
}

}  // namespace
}  // namespace patchbay::test

int main(int count, char** arguments) {
  try {
    return patchbay::test::run(count, arguments);
  } catch (const std::exception& wrong) {
    std::fprintf(stderr, "reload_soak: %s\n", wrong.what());
    return 1;
  }
}
