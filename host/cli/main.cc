// SPDX-License-Identifier: MIT
// The command line: which verb, and what it left as exit code.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <optional>
#include <vector>

#include "cli/agents.h"
#include "cli/call.h"
#include "cli/check.h"
#include "cli/completion.h"
#include "cli/config_check.h"
#include "cli/conversations.h"
#include "cli/dev.h"
#include "cli/inspect.h"
#include "cli/new.h"
#include "cli/probe.h"
#include "cli/serve.h"
#include "cli/steer.h"
#include "cli/usage.h"
#include "cli/verb.h"

namespace {

// CLI11 would only say that one is missing.
std::optional<int> refuse_unknown_verb(const CLI::App& app, int argc, const char* const* argv) {
  const CLI::App* at = &app;
  for (int i = 1; i < argc && argv[i][0] != '-'; ++i) {
    const auto is_meant = [&](const CLI::App* verb) { return verb->get_name() == argv[i]; };
    const std::vector<const CLI::App*> verbs = at->get_subcommands(is_meant);
    if (at->get_subcommands([](const CLI::App*) { return true; }).empty()) break;
    if (verbs.empty()) return patchbay::unknown_verb(argv[i], patchbay::verbs_of(*at));
    at = verbs.front();
  }
  return std::nullopt;
}

int run(int argc, char** argv) {
  CLI::App app{"Patchbay hosts the brains of voice agents as shared libraries."};
  app.set_version_flag("--version", "patchbay " PATCHBAY_VERSION);
  app.require_subcommand(1);
  int exit = patchbay::exit_good;
  patchbay::add_serve(app, exit);
  patchbay::add_call(app, exit);
  patchbay::add_agents(app, exit);
  patchbay::add_steer(app, exit);
  patchbay::add_conversations(app, exit);
  patchbay::add_inspect(app, exit);
  patchbay::add_check(app, exit);
  patchbay::add_probe(app, exit);
  patchbay::add_new(app, exit);
  patchbay::add_dev(app, exit);
  patchbay::add_config(app, exit);
  patchbay::add_completion(app, exit);
  if (const std::optional<int> stopped = refuse_unknown_verb(app, argc, argv)) return *stopped;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& wrong) {
    if (wrong.get_exit_code() != 0) return patchbay::refuse(app, wrong);
    app.exit(wrong);  // prints the help or the version that was asked for
  }
  return exit;
}

}  // namespace

// For jemalloc, which looks for it under this name: memory that a flood took is the system's again
// a second later, also where nothing happens after it.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables,readability-identifier-naming)
extern "C" const char* malloc_conf;
const char* malloc_conf =
    "background_thread:true,max_background_threads:1,dirty_decay_ms:1000,muzzy_decay_ms:0";

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& wrong) {  // no memory, most likely: all else is an Error
    std::fprintf(stderr, "patchbay: %s\n", wrong.what());
    return patchbay::exit_failed;
  }
}
