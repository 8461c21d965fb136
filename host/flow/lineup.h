// SPDX-License-Identifier: MIT
// From a configuration to the agents that serve: finds the plugin files, stages, examines and loads
// them, makes the agents, and draws up the routes. Publishes nothing.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "codec/config.h"
#include "codec/examination.h"
#include "ground/log.h"
#include "state/generation.h"
#include "state/routes.h"
#include "work/host_api.h"

namespace patchbay {

struct Lineup {
  std::vector<std::unique_ptr<Generation>> generations;
  std::shared_ptr<const RouteTable> table;
};

// With no agents in the configuration, every *.so of the plugin directory is served under its
// file's stem, and one that cannot be loaded is logged and left out. An agent that the
// configuration names must load: else the Error says which, and why. `api` outlives the
// generations. [control]
Result<Lineup> load_lineup(const Config& config, const std::vector<Secret>& secrets, HostApi& api,
                           Log& log);

// What this host offers to plugins, for examine().
HostAbilities abilities_of_this_host(bool allow_pinned);

}  // namespace patchbay
