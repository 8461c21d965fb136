// SPDX-License-Identifier: MIT
#include "flow/lineup.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "ground/text.h"

namespace patchbay {
namespace {

namespace fs = std::filesystem;

// One file has one name, wherever this process stands; links are not followed, for they may change.
fs::path absolute(const fs::path& path) {
  std::error_code wrong;
  const fs::path whole = fs::absolute(path, wrong);
  return (wrong ? path : whole).lexically_normal();
}

Result<std::vector<fs::path>> files_of(const fs::path& directory) {
  std::error_code wrong;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(directory, wrong)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".so") && !name.starts_with('.')) files.push_back(entry.path());
  }
  if (wrong)
    return Error{
        "no_plugin_directory",
        fmt::format("cannot read the plugin directory {}: {}", directory.string(), wrong.message()),
        "name it with --plugins DIR, or directory in [plugins]"};
  std::sort(files.begin(), files.end());
  return files;
}

fs::path file_of(const AgentConfig& agent, const Config& config) {
  if (agent.plugin.find('/') != std::string::npos) return absolute(agent.plugin);
  return directory_of(config) / (agent.plugin + ".so");
}

std::vector<Part> named_parts(const Config& config) {
  std::map<fs::path, Part> parts;
  for (const AgentConfig& agent : config.agents) {
    const fs::path file = file_of(agent, config);
    Part& part = parts[file];
    part.file = file;
    part.agents.push_back(agent);
    if (agent.fallback.empty()) part.agents.back().fallback = config.default_fallback;
  }
  std::vector<Part> lineup;
  for (auto& [file, part] : parts) {
    std::sort(part.agents.begin(), part.agents.end(),
              [](const AgentConfig& a, const AgentConfig& b) { return a.name < b.name; });
    lineup.push_back(std::move(part));
  }
  return lineup;
}

}  // namespace

fs::path directory_of(const Config& config) {
  fs::path directory = absolute(config.plugin_directory);
  return directory.has_filename() ? directory : directory.parent_path();  // "plugins/" is "plugins"
}

bool serves_directory(const Config& config) {
  return config.agents.empty();
}

Part part_of(const fs::path& file, const Config& config) {
  AgentConfig agent;
  agent.name = agent.plugin = file.stem().string();
  agent.fallback = config.default_fallback;
  agent.first_say = config.default_first_say;
  agent.fillers = config.default_fillers;
  return {file, {std::move(agent)}};
}

Problem check_name(const Part& part) {
  for (const AgentConfig& agent : part.agents) {
    if (is_plain_name(agent.name)) continue;
    return Error{"bad_name", fmt::format("'{}' cannot be an agent's name", printable(agent.name)),
                 "use letters, digits, '.', '_' and '-' in the file's name"};
  }
  return std::nullopt;
}

Result<std::vector<Part>> lineup_of(const Config& config) {
  if (!serves_directory(config)) return named_parts(config);
  Result<std::vector<fs::path>> files = files_of(directory_of(config));
  if (!files) return std::move(files).error();
  std::vector<Part> lineup;
  for (const fs::path& file : *files) lineup.push_back(part_of(file, config));
  return lineup;
}

}  // namespace patchbay
