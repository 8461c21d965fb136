// SPDX-License-Identifier: MIT
#include "state/board.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace patchbay {
namespace {

constexpr std::size_t most_refused = 16;  // digests for each plugin; the map forgets the rest
constexpr std::size_t most_gone = 3;      // unmapped versions that are still told of

void file_away(Plugin& plugin, const VersionPtr& version, std::vector<VersionPtr>& leaving) {
  version->state = VersionState::draining;
  plugin.past.push_front(version);
  leaving.push_back(version);
}

}  // namespace

std::string_view name_of(VersionState state) {
  constexpr std::string_view names[] = {"current",  "probation", "standby",
                                        "draining", "mapped",    "unmapped"};
  return names[static_cast<std::size_t>(state)];
}

Plugin& Board::plugin(const std::filesystem::path& file) {
  Plugin& plugin = plugins[file];
  plugin.file = file;
  return plugin;
}

const Plugin* Board::find(const std::string& agent) const {
  for (const auto& [file, plugin] : plugins) {
    for (const AgentConfig& config : plugin.agents) {
      if (config.name == agent) return &plugin;
    }
  }
  return nullptr;
}

Plugin* Board::find(const std::string& agent) {
  return const_cast<Plugin*>(std::as_const(*this).find(agent));
}

Plugin* Board::plugin_of(const Version& version) {
  for (auto& [file, plugin] : plugins) {
    for (const VersionPtr& other : versions_of(plugin)) {
      if (other.get() == &version) return &plugin;
    }
  }
  return nullptr;
}

void Board::refuse(Plugin& plugin, const Error& why, const std::string& version,
                   const std::string& digest, const std::vector<AgentConfig>& agents) {
  plugin.last_refusal = Refusal{why, version, digest, Milliseconds{0}};
  plugin.refused_at = Clock::now();
  if (digest.empty()) return;
  if (plugin.refused.size() >= most_refused) plugin.refused.clear();
  plugin.refused.insert_or_assign(digest, BytesRefused{why, agents});
}

std::vector<VersionPtr> Board::put_in(Plugin& plugin, VersionPtr version, bool keep_warm) {
  std::vector<VersionPtr> leaving;
  if (plugin.standby) file_away(plugin, std::exchange(plugin.standby, nullptr), leaving);
  if (plugin.current) {
    plugin.previous = plugin.current->candidate;
    if (keep_warm) {
      plugin.standby = std::exchange(plugin.current, nullptr);
      plugin.standby->state = VersionState::standby;
    } else {
      file_away(plugin, std::exchange(plugin.current, nullptr), leaving);
    }
  }
  version->state = plugin.standby ? VersionState::probation : VersionState::current;
  plugin.current = std::move(version);
  plugin.refused.erase(plugin.current->digest);
  plugin.last_refusal.reset();
  return leaving;
}

void Board::put_back(Plugin& plugin) {
  std::vector<VersionPtr> leaving;
  const VersionPtr good = std::exchange(plugin.standby, nullptr);
  file_away(plugin, std::exchange(plugin.current, good), leaving);
  good->state = VersionState::current;
  plugin.previous.reset();
  ++plugin.overruled;
}

void Board::configure(Plugin& plugin, std::vector<AgentConfig> agents) {
  const auto settings_of = [](const std::vector<AgentConfig>& all, const std::string& name) {
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const AgentConfig& agent) { return agent.name == name; });
    if (found == all.end()) return std::optional<AgentConfig>();
    AgentConfig settings = *found;
    settings.fallback.clear();  // often that of all agents, and not of this one
    return std::optional(std::move(settings));
  };
  std::erase_if(plugin.closed, [&](const std::string& name) {
    const std::optional<AgentConfig> after = settings_of(agents, name);
    return !after || after != settings_of(plugin.agents, name);
  });
  plugin.agents = std::move(agents);
}

bool Board::is_unloaded(const Plugin& plugin) {
  return !plugin.agents.empty() &&
         std::all_of(plugin.agents.begin(), plugin.agents.end(),
                     [&](const AgentConfig& agent) { return plugin.closed.contains(agent.name); });
}

bool Board::close(Plugin& plugin, const std::string& agent) {
  plugin.closed.insert(agent);
  ++plugin.overruled;
  return !is_unloaded(plugin);
}

std::vector<VersionPtr> Board::end_probation(Plugin& plugin) {
  std::vector<VersionPtr> leaving;
  if (plugin.standby) file_away(plugin, std::exchange(plugin.standby, nullptr), leaving);
  plugin.current->state = VersionState::current;
  return leaving;
}

std::vector<VersionPtr> Board::take_out(Plugin& plugin) {
  std::vector<VersionPtr> leaving;
  if (plugin.standby) file_away(plugin, std::exchange(plugin.standby, nullptr), leaving);
  if (plugin.current) file_away(plugin, std::exchange(plugin.current, nullptr), leaving);
  plugin.previous.reset();
  ++plugin.overruled;
  return leaving;
}

void Board::tidy() {
  for (auto at = plugins.begin(); at != plugins.end();) {
    Plugin& plugin = at->second;
    std::size_t gone = 0;
    std::erase_if(plugin.past, [&](const VersionPtr& version) {
      return version->state == VersionState::unmapped && ++gone > most_gone;
    });
    const bool is_left = !plugin.agents.empty() || plugin.last_refusal || plugin.past.size() > gone;
    at = is_left ? std::next(at) : plugins.erase(at);
  }
}

std::vector<VersionPtr> Board::versions_of(const Plugin& plugin) {
  std::vector<VersionPtr> all;
  for (const VersionPtr& version : {plugin.current, plugin.standby}) {
    if (version) all.push_back(version);
  }
  all.insert(all.end(), plugin.past.begin(), plugin.past.end());
  return all;
}

bool Board::has_agents(const Plugin& plugin) {
  const std::vector<VersionPtr> versions = versions_of(plugin);
  return std::any_of(versions.begin(), versions.end(), [](const VersionPtr& version) {
    return version->generation && version->state != VersionState::mapped;
  });
}

std::vector<VersionPtr> Board::loaded() const {
  std::vector<VersionPtr> all;
  for (const auto& [file, plugin] : plugins) {
    for (const VersionPtr& version : versions_of(plugin)) {
      if (version->generation) all.push_back(version);
    }
  }
  return all;
}

std::vector<VersionPtr> Board::in_state(VersionState state) const {
  std::vector<VersionPtr> all = loaded();
  std::erase_if(all, [&](const VersionPtr& version) { return version->state != state; });
  return all;
}

std::vector<std::string> Board::served() const {
  std::vector<std::string> names;
  for (const auto& [file, plugin] : plugins) {
    if (!plugin.current) continue;
    for (const Agent* agent : plugin.current->agents) {
      if (!plugin.closed.contains(agent->name())) names.push_back(agent->name());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::shared_ptr<const RouteTable> Board::table(
    const std::map<std::string, std::vector<Secret>>& own, const std::vector<Secret>& webhook,
    const std::string& default_agent) const {
  auto table = std::make_shared<RouteTable>();
  const SigningKeys shared{webhook};
  for (const auto& [file, plugin] : plugins) {
    if (!plugin.current) continue;
    for (Agent* agent : plugin.current->agents) {
      if (plugin.closed.contains(agent->name())) continue;
      const auto found = own.find(agent->name());
      table->by_name.emplace(
          agent->name(), Route{agent, found == own.end() ? shared : SigningKeys(found->second)});
    }
  }
  table->default_agent = default_agent;
  return table;
}

}  // namespace patchbay
