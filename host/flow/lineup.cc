// SPDX-License-Identifier: MIT
#include "flow/lineup.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "ground/text.h"
#include "machine/files.h"

namespace patchbay {
namespace {

namespace fs = std::filesystem;

Error in_file(const fs::path& file, const Error& error) {
  return {error.code, fmt::format("{}: {}", file.string(), error.message), error.hint};
}

// One load of a whole lineup: remembers which file became which generation, so that two agents of
// one plugin share it.
class Loader {
 public:
  Loader(const Config& config, HostApi& api, Log& log) : config_(config), api_(api), log_(log) {}

  Result<Agent*> load(const AgentConfig& wanted, const fs::path& file);
  std::vector<std::unique_ptr<Generation>> take() { return std::move(generations_); }

 private:
  Result<Generation*> open(const fs::path& file);
  [[nodiscard]] Problem refuse_twin(const Examination& found, const fs::path& file) const;

  const Config& config_;
  HostApi& api_;
  Log& log_;
  std::map<fs::path, Generation*> by_file_;
  std::vector<std::unique_ptr<Generation>> generations_;
};

Problem Loader::refuse_twin(const Examination& found, const fs::path& file) const {
  for (const auto& other : generations_) {
    if (other->manifest().id == found.manifest.id) {
      return Error{"same_plugin_twice",
                   fmt::format("{} and {} are both plugin {}", file.string(), other->file(),
                               found.manifest.id),
                   "keep one of them in the directory, or name them in [agents]"};
    }
  }
  return std::nullopt;
}

Result<Generation*> Loader::open(const fs::path& file) {
  if (const auto known = by_file_.find(file); known != by_file_.end()) return known->second;
  Result<Candidate> candidate = Candidate::stage(file);
  if (!candidate) return std::move(candidate).error();
  Result<Examination> found =
      examine(candidate->bytes(), abilities_of_this_host(config_.allow_pinned));
  if (!found) return in_file(file, found.error());
  if (Problem twin = refuse_twin(*found, file)) return *std::move(twin);
  for (const Error& warning : found->warnings)
    log_.warn("plugin warning",
              {{"file", file.string()}, {"code", warning.code}, {"why", warning.text()}});

  Result<std::unique_ptr<Generation>> generation = Generation::load(*candidate, found->manifest);
  if (!generation) return in_file(file, generation.error());
  generations_.push_back(*std::move(generation));
  by_file_[file] = generations_.back().get();
  return generations_.back().get();
}

Result<Agent*> Loader::load(const AgentConfig& wanted, const fs::path& file) {
  Result<Generation*> generation = open(file);
  if (!generation) return std::move(generation).error();
  const Manifest& manifest = (*generation)->manifest();
  const bool known = std::any_of(manifest.agents.begin(), manifest.agents.end(),
                                 [&](const ManifestAgent& a) { return a.id == wanted.agent_id; });
  AgentConfig config = wanted;
  if (!known) {
    if (wanted.agent_id != AgentConfig{}.agent_id) {
      return Error{"no_such_agent",
                   fmt::format("plugin {} has no agent '{}'", manifest.id, wanted.agent_id),
                   fmt::format("it has '{}'", manifest.agents.front().id)};
    }
    config.agent_id = manifest.agents.front().id;
  }
  if (config.fallback.empty()) config.fallback = config_.default_fallback;
  if (Problem wrong = check_agent_config(manifest, config.config_json)) return *std::move(wrong);
  Result<Agent*> agent = (*generation)->make_agent(config, host_table(), &api_);
  if (!agent) return in_file(file, agent.error());
  log_.info("agent ready", {{"agent", config.name},
                            {"plugin", manifest.id},
                            {"version", manifest.version},
                            {"digest", (*generation)->digest().substr(0, 16)},
                            {"file", file.string()}});
  return agent;
}

Result<std::vector<fs::path>> files_of(const std::string& directory) {
  std::error_code wrong;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(directory, wrong)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".so") && !name.starts_with('.')) files.push_back(entry.path());
  }
  if (wrong)
    return Error{"no_plugin_directory",
                 fmt::format("cannot read the plugin directory {}: {}", directory, wrong.message()),
                 "name it with --plugins DIR, or directory in [plugins]"};
  std::sort(files.begin(), files.end());
  return files;
}

fs::path file_of(const AgentConfig& agent, const std::string& directory) {
  if (agent.plugin.find('/') != std::string::npos) return agent.plugin;
  return fs::path(directory) / (agent.plugin + ".so");
}

// With no agents named: one for each file, and a bad file harms nobody but itself.
Result<std::vector<Agent*>> load_directory(Loader& loader, const Config& config, Log& log) {
  Result<std::vector<fs::path>> files = files_of(config.plugin_directory);
  if (!files) return std::move(files).error();
  std::vector<Agent*> agents;
  for (const fs::path& file : *files) {
    AgentConfig wanted;
    wanted.name = file.stem().string();
    const Problem bad_name =
        is_plain_name(wanted.name)
            ? Problem()
            : Error{"bad_name", fmt::format("'{}' cannot be an agent's name", wanted.name),
                    "use letters, digits, '.', '_' and '-' in the file's name"};
    Result<Agent*> agent = bad_name ? Result<Agent*>(*bad_name) : loader.load(wanted, file);
    if (agent) {
      agents.push_back(*agent);
    } else {
      log.error(
          "plugin refused",
          {{"file", file.string()}, {"code", agent.error().code}, {"why", agent.error().text()}});
    }
  }
  return agents;
}

Result<std::vector<Agent*>> load_named(Loader& loader, const Config& config) {
  std::vector<Agent*> agents;
  for (const AgentConfig& wanted : config.agents) {
    Result<Agent*> agent = loader.load(wanted, file_of(wanted, config.plugin_directory));
    if (!agent)
      return Error{agent.error().code,
                   fmt::format("agent {}: {}", wanted.name, agent.error().message),
                   agent.error().hint};
    agents.push_back(*agent);
  }
  return agents;
}

Result<std::shared_ptr<const RouteTable>> routes_for(const std::vector<Agent*>& agents,
                                                     const Config& config,
                                                     const std::vector<Secret>& secrets) {
  auto table = std::make_shared<RouteTable>();
  for (Agent* agent : agents) {
    Route route{agent, secrets};
    if (!agent->config().secrets.empty()) {
      Result<std::vector<Secret>> own = resolve_secrets(agent->config().secrets);
      if (!own)
        return Error{own.error().code,
                     fmt::format("agent {}: {}", agent->name(), own.error().message),
                     own.error().hint};
      route.secrets = *std::move(own);
    }
    if (route.secrets.empty())
      return Error{"no_secret", fmt::format("agent {} has no webhook secret", agent->name()),
                   "set LAYERCODE_WEBHOOK_SECRET, or secrets in [webhook]"};
    table->by_name.emplace(agent->name(), std::move(route));
  }
  table->default_agent = config.default_agent;
  if (table->default_agent.empty() && agents.size() == 1)
    table->default_agent = agents.front()->name();
  if (!table->default_agent.empty() && !table->by_name.contains(table->default_agent)) {
    return Error{"no_default_agent",
                 fmt::format("there is no agent '{}' to be the default", table->default_agent),
                 "name one that is loaded with --agent"};
  }
  return std::shared_ptr<const RouteTable>(std::move(table));
}

}  // namespace

HostAbilities abilities_of_this_host(bool allow_pinned) {
  return {VAP_ABI_MINOR, host_extensions(), allow_pinned};
}

Result<Lineup> load_lineup(const Config& config, const std::vector<Secret>& secrets, HostApi& api,
                           Log& log) {
  Loader loader(config, api, log);
  Result<std::vector<Agent*>> agents =
      config.agents.empty() ? load_directory(loader, config, log) : load_named(loader, config);
  if (!agents) return std::move(agents).error();
  Result<std::shared_ptr<const RouteTable>> table = routes_for(*agents, config, secrets);
  if (!table) return std::move(table).error();
  return Lineup{loader.take(), *std::move(table)};
}

}  // namespace patchbay
