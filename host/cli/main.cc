// SPDX-License-Identifier: MIT
// The command line: which verb, and what it left as exit code.
#include <CLI/CLI.hpp>

#include "cli/agents.h"
#include "cli/call.h"
#include "cli/check.h"
#include "cli/config_check.h"
#include "cli/inspect.h"
#include "cli/new.h"
#include "cli/probe.h"
#include "cli/serve.h"
#include "cli/steer.h"
#include "cli/usage.h"
#include "cli/verb.h"

int main(int argc, char** argv) {
  CLI::App app{"Patchbay hosts the brains of voice agents as shared libraries."};
  app.set_version_flag("--version", "patchbay " PATCHBAY_VERSION);
  app.require_subcommand(1);
  int exit = patchbay::exit_good;
  patchbay::add_serve(app, exit);
  patchbay::add_call(app, exit);
  patchbay::add_agents(app, exit);
  patchbay::add_steer(app, exit);
  patchbay::add_inspect(app, exit);
  patchbay::add_check(app, exit);
  patchbay::add_probe(app, exit);
  patchbay::add_new(app, exit);
  patchbay::add_config(app, exit);
  const auto is_meant = [&](const CLI::App* verb) { return verb->get_name() == argv[1]; };
  if (argc > 1 && argv[1][0] != '-' && app.get_subcommands(is_meant).empty()) {
    return patchbay::unknown_verb(argv[1], patchbay::verbs_of(app));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& wrong) {
    if (wrong.get_exit_code() != 0) return patchbay::refuse(app, wrong);
    app.exit(wrong);  // prints the help or the version that was asked for
  }
  return exit;
}
