// SPDX-License-Identifier: MIT
// Which plugin files shall serve, and as which agents: read off a configuration and the names in
// the plugin directory. Opens no plugin.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "codec/config.h"
#include "ground/result.h"

namespace patchbay {

// One plugin file, with the agents that it shall serve as.
struct Part {
  std::filesystem::path file;       // absolute, eg: "/srv/plugins/bakery.so"
  std::vector<AgentConfig> agents;  // never empty; in the order of their names
  bool operator==(const Part&) const = default;
};

// With no agents in the configuration, every *.so of the plugin directory serves under its file's
// stem. The Error says that the directory cannot be read. [control]
Result<std::vector<Part>> lineup_of(const Config& config);

// The part of a file that stands, or appears, in the plugin directory of such a configuration. Its
// name may be none that an agent can have: see check_name().
Part part_of(const std::filesystem::path& file, const Config& config);
[[nodiscard]] Problem check_name(const Part& part);

// The plugin directory, as files in it are named here: absolute.
std::filesystem::path directory_of(const Config& config);

// Are the agents those of the directory, and not named one by one?
bool serves_directory(const Config& config);

}  // namespace patchbay
