// SPDX-License-Identifier: MIT
#include "flow/switchboard.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "machine/files.h"

namespace patchbay {
namespace {

namespace fs = std::filesystem;

// Why its code is still in memory, as far as its file can tell, and what to do about it.
std::string why_mapped(const Version& version) {
  for (const Error& remark : version.remarks) {
    if (remark.code == "unique_symbols" || remark.code == "nodelete" ||
        remark.code == "go_runtime" || remark.code == "unload_no")
      return remark.text();
  }
  return "the loader keeps it: often a thread_local object with a destructor, that a thread of "
         "this host has used (keep such things out of the host's threads; see docs/reloading.md)";
}

Error no_such_agent(const std::string& agent) {
  return {"unknown_agent", fmt::format("no agent '{}' is served here", agent),
          "patchbay agents shows those that are"};
}

// They are read anew for each request; what is missing is to be known before a caller is there.
Problem check_http_secrets(const AgentConfig& agent) {
  for (const auto& [name, ref] : agent.http.secrets) {
    const Result<Secret> secret = resolve_secret(ref);
    if (!secret)
      return Error{
          secret.error().code,
          fmt::format("agent {}: secret '{}': {}", agent.name, name, secret.error().message),
          secret.error().hint};
  }
  return std::nullopt;
}

}  // namespace

Problem find_own_secrets(Settings& settings) {
  for (const AgentConfig& agent : settings.config.agents) {
    if (Problem missing = check_http_secrets(agent)) return missing;
    if (agent.secrets.empty()) continue;
    Result<std::vector<Secret>> own = resolve_secrets(agent.secrets);
    if (!own)
      return Error{own.error().code, fmt::format("agent {}: {}", agent.name, own.error().message),
                   own.error().hint};
    settings.own[agent.name] = *std::move(own);
  }
  return std::nullopt;
}

Switchboard::Switchboard(House house, Settings settings)
    : house_(house),
      retirement_(
          {house.replies, house.turns, house.tasks, house.requests, house.tool_calls, house.pins,
           house.timers, house.lane, house.log},
          [this](const VersionPtr& version, Generation::Retired how) { gone(version, how); }),
      news_(house.log, house.metrics),
      settings_(std::move(settings)) {}

// --- one for another

Problem Switchboard::swap(const Swap& swap) {
  std::vector<VersionPtr> leaving;
  std::vector<Done> waiting;
  const auto leave = [&](const std::vector<VersionPtr>& more) {
    leaving.insert(leaving.end(), more.begin(), more.end());
  };
  std::chrono::nanoseconds took{0};
  {
    const std::lock_guard lock(mutex_);
    if (is_overruled_locked(swap))
      return Error{overruled, "it was unloaded or rolled back while this was tried",
                   "patchbay agents shows what serves"};
    if (settings_.config.default_agent != swap.settings.config.default_agent)
      default_agent_.clear();
    settings_ = swap.settings;
    const bool keep_warm = settings_.config.probation > Milliseconds{0};
    for (const Swap::Arrival& arrival : swap.arriving) {
      Plugin& plugin = board_.plugin(arrival.part.file);
      Board::configure(plugin, arrival.part.agents);
      for (const std::string& agent : arrival.opens) plugin.closed.erase(agent);
      leave(Board::put_in(plugin, arrival.version, keep_warm));
      begin_probation_locked(arrival.version);
      take_leaving_locked(plugin.file, waiting);
    }
    for (const fs::path& file : swap.leaving) {
      Plugin& plugin = board_.plugin(file);
      Board::configure(plugin, {});
      plugin.last_refusal.reset();
      leave(Board::take_out(plugin));
    }
    for (const Part& part : swap.unloaded) Board::configure(board_.plugin(part.file), part.agents);
    // With its name gone from the configuration, it is as after a restart.
    if (board_.find(default_agent_) == nullptr) default_agent_.clear();
    took = publish_locked();
  }
  for (const Swap::Arrival& arrival : swap.arriving)
    news_.arrived(arrival.part, *arrival.version, arrival.began, took);
  retire(leaving);
  for (const Done& done : waiting)
    done(Error{"serves_again", "it was loaded again before the last of it was gone", ""});
  return std::nullopt;
}

bool Switchboard::is_overruled_locked(const Swap& swap) const {
  return std::any_of(swap.arriving.begin(), swap.arriving.end(), [&](const Swap::Arrival& arrival) {
    const auto found = board_.plugins.find(arrival.part.file);
    return found != board_.plugins.end() && found->second.overruled != arrival.overruled;
  });
}

void Switchboard::take_leaving_locked(const fs::path& file, std::vector<Done>& waiting) {
  const auto found = leaving_.find(file);
  if (found == leaving_.end()) return;
  std::move(found->second.begin(), found->second.end(), std::back_inserter(waiting));
  leaving_.erase(found);
}

// The one exchange: a turn that looks up its agent finds the old table or the new one.
std::chrono::nanoseconds Switchboard::publish_locked() {
  const std::vector<std::string> served = board_.served();
  if (!settings_.config.default_agent.empty()) {
    default_agent_ = settings_.config.default_agent;
  } else if (default_agent_.empty() && served.size() == 1) {
    default_agent_ = served.front();
  }
  const Moment before = Clock::now();
  auto table = board_.table(settings_.own, settings_.webhook, default_agent_);
  const auto old = house_.routes.publish(std::move(table));
  return Clock::now() - before;
}

// --- probation

void Switchboard::begin_probation_locked(const VersionPtr& version) {
  if (version->state != VersionState::probation) return;
  // Called by the turn that failed, wherever it ended: callers must not wait for the lane.
  version->generation->record().watch([this, weak = std::weak_ptr(version)] {
    const VersionPtr bad = weak.lock();
    if (!bad) return;
    const TrackRecord::Tally tally = bad->generation->record().tally();
    swap_back(bad,
              {"unfit",
               fmt::format("it failed in probation: {} of {} turns", tally.failures, tally.turns),
               "the version before serves again; see the turns with outcome=failed in the log"});
  });
  version->alarm = house_.timers.at(Clock::now() + settings_.config.probation,
                                    [this, weak = std::weak_ptr(version)] {
                                      house_.lane.post([this, weak] {
                                        if (const VersionPtr proved = weak.lock())
                                          end_probation(proved);
                                      });
                                    });
}

void Switchboard::end_probation(const VersionPtr& version) {
  std::vector<VersionPtr> leaving;
  {
    const std::lock_guard lock(mutex_);
    if (version->state != VersionState::probation) return;
    leaving = Board::end_probation(*board_.plugin_of(*version));
  }
  version->generation->record().stop_watching();
  news_.proved(*version);
  retire(leaving);
}

bool Switchboard::swap_back(const VersionPtr& bad, const Error& why) {
  VersionPtr good;
  {
    const std::lock_guard lock(mutex_);
    if (bad->state != VersionState::probation) return false;
    Plugin& plugin = *board_.plugin_of(*bad);
    Board::put_back(plugin);
    Board::refuse(plugin, why, bad->version, bad->digest, plugin.agents);
    good = plugin.current;
    publish_locked();
  }
  news_.swapped_back(*bad, *good, why);
  house_.pins.release_all_of(*bad->generation);
  retire({bad});
  return true;
}

// --- the end of a version

void Switchboard::retire(const std::vector<VersionPtr>& versions) {
  Retirement::Patience patience{};
  {
    const std::lock_guard lock(mutex_);
    patience = {settings_.config.reload_drain, settings_.config.pin_timeout};
  }
  for (const VersionPtr& version : versions) {
    version->generation->record().stop_watching();
    retirement_.begin(version, patience);
  }
}

void Switchboard::take_out(const std::string& agent, Done done) {
  std::vector<VersionPtr> leaving;
  Problem wrong;
  {
    const std::lock_guard lock(mutex_);
    Plugin* plugin = board_.find(agent);
    if (plugin == nullptr || !plugin->current) {
      wrong = no_such_agent(agent);
    } else if (!Board::close(*plugin, agent)) {
      Board::refuse(*plugin,
                    {"unloaded", "it was unloaded by hand", "patchbay load takes it again"},
                    plugin->current->version, plugin->current->digest, plugin->agents);
      leaving = Board::take_out(*plugin);
      leaving_[plugin->file].push_back(std::exchange(done, nullptr));
    }
    publish_locked();
  }
  if (!wrong) house_.log.info("agent unloaded", {{"agent", agent}});
  for (const VersionPtr& version : leaving) house_.pins.release_all_of(*version->generation);
  retire(leaving);
  if (done) done(wrong);
}

bool Switchboard::reopen(const fs::path& file, const std::set<std::string>& agents) {
  const std::lock_guard lock(mutex_);
  const auto found = board_.plugins.find(file);
  if (found == board_.plugins.end() || !found->second.current) return false;
  const std::size_t opened = std::erase_if(
      found->second.closed, [&](const std::string& agent) { return agents.contains(agent); });
  if (opened > 0) publish_locked();
  return true;
}

// On the lane, after the plugin's code has run for the last time.
void Switchboard::gone(const VersionPtr& version, Generation::Retired how) {
  std::unique_ptr<Generation> dropped;  // its bytes go with it, without our lock
  std::vector<Done> waiting;
  Problem stays;
  {
    const std::lock_guard lock(mutex_);
    version->agents.clear();
    if (how == Generation::Retired::unmapped) {
      version->state = VersionState::unmapped;
      version->candidate.reset();
      dropped = std::move(version->generation);
    } else {
      version->state = VersionState::mapped;
      version->stays_because = why_mapped(*version);
      stays = Error{"stays_mapped", "its agents are destroyed, but its code stays in memory",
                    version->stays_because};
    }
    Plugin* plugin = board_.plugin_of(*version);
    if (plugin != nullptr && !Board::has_agents(*plugin))
      take_leaving_locked(plugin->file, waiting);
    board_.tidy();
  }
  news_.ended(*version, how);
  notice_late_unmapping();
  for (const Done& done : waiting) done(stays);
}

// The loader may let one go only when it unloads another.
void Switchboard::notice_late_unmapping() {
  const std::vector<VersionPtr> mapped =
      read([](const Board& board) { return board.in_state(VersionState::mapped); });
  if (mapped.empty()) return;
  const Mappings mappings = Mappings::now();
  for (const VersionPtr& version : mapped) {
    if (version->generation->is_mapped(mappings)) continue;
    std::unique_ptr<Generation> dropped;
    {
      const std::lock_guard lock(mutex_);
      version->state = VersionState::unmapped;
      version->stays_because.clear();
      version->candidate.reset();
      dropped = std::move(version->generation);
    }
    news_.ended(*version, Generation::Retired::unmapped);
  }
}

void Switchboard::bury(const fs::path& file, const VersionPtr& version) {
  {
    const std::lock_guard lock(mutex_);
    board_.plugin(file).past.push_front(version);
  }
  version->generation->wind_down();
  house_.tasks.hurry(*version->generation);
  house_.requests.cut(*version->generation);
  house_.tool_calls.cut(*version->generation);
  retire({version});
}

// --- what is known

void Switchboard::refuse(const Part& part, const Error& why, const std::string& version,
                         const std::string& digest) {
  {
    const std::lock_guard lock(mutex_);
    Board::refuse(board_.plugin(part.file), why, version, digest, part.agents);
  }
  news_.refused(part, why);
}

void Switchboard::forget(const fs::path& file) {
  const std::lock_guard lock(mutex_);
  const auto found = board_.plugins.find(file);
  if (found == board_.plugins.end() || !found->second.agents.empty()) return;
  found->second.last_refusal.reset();
  board_.tidy();
}

std::optional<Switchboard::Serving> Switchboard::serving(const std::string& agent) const {
  const std::lock_guard lock(mutex_);
  const Plugin* plugin = board_.find(agent);
  if (plugin == nullptr) return std::nullopt;
  return Serving{
      plugin->current, plugin->previous, {plugin->file, plugin->agents}, plugin->overruled};
}

Settings Switchboard::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

std::uint64_t Switchboard::next_number() {
  const std::lock_guard lock(mutex_);
  return board_.next_number();
}

std::vector<std::string> Switchboard::served() const {
  const std::lock_guard lock(mutex_);
  return board_.served();
}

std::string Switchboard::default_agent() const {
  const std::lock_guard lock(mutex_);
  return default_agent_;
}

std::vector<VersionPtr> Switchboard::loaded() const {
  const std::lock_guard lock(mutex_);
  return board_.loaded();
}

GenerationStanding Switchboard::standing_of(const Version& version,
                                            const Retirement::OpenTurns& turns, Moment now) const {
  GenerationStanding standing;
  standing.number = version.number;
  standing.state = name_of(version.state);
  standing.version = version.version;
  standing.digest = version.digest;
  standing.age = std::chrono::duration_cast<Milliseconds>(now - version.loaded);
  if (!version.generation) return standing;
  const TrackRecord::Tally tally = version.generation->record().tally();
  standing.turns = tally.turns;
  standing.failures = tally.failures;
  standing.leases = version.generation->leases();
  if (version.state == VersionState::draining)
    standing.waiting_for = retirement_.waits_for(*version.generation, turns);
  if (version.state == VersionState::mapped) standing.waiting_for = {version.stays_because};
  return standing;
}

std::vector<PluginStanding> Switchboard::standing() const {
  const Moment now = Clock::now();
  const bool drains =
      read([](const Board& board) { return !board.in_state(VersionState::draining).empty(); });
  // Without our lock, for they may be thousands, and turns wait for nobody who looks.
  const Retirement::OpenTurns turns = drains ? retirement_.open_turns() : Retirement::OpenTurns();
  const std::lock_guard lock(mutex_);
  std::vector<PluginStanding> all;
  for (const auto& [file, plugin] : board_.plugins) {
    PluginStanding standing;
    standing.file = file.string();
    for (const AgentConfig& agent : plugin.agents) {
      const bool closed = plugin.closed.contains(agent.name);
      (closed ? standing.unloaded : standing.agents).push_back(agent.name);
    }
    for (const VersionPtr& version : Board::versions_of(plugin)) {
      if (standing.plugin_id.empty()) standing.plugin_id = version->plugin_id;
      standing.generations.push_back(standing_of(*version, turns, now));
    }
    standing.refused = plugin.last_refusal;
    if (standing.refused)
      standing.refused->ago = std::chrono::duration_cast<Milliseconds>(now - plugin.refused_at);
    all.push_back(std::move(standing));
  }
  return all;
}

}  // namespace patchbay
