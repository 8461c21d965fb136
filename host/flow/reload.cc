// SPDX-License-Identifier: MIT
#include "flow/reload.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <system_error>
#include <utility>

#include "codec/config_change.h"
#include "ground/workers.h"

namespace patchbay {
namespace {

namespace fs = std::filesystem;

constexpr Milliseconds look_again_after{300};  // at a file that was being written
constexpr std::size_t most_trials_at_once = 4;

// Would the same bytes be refused again? Not, where it is for something beside them: they are tried
// again at the next look.
bool is_about_bytes(const Error& refusal) {
  for (const std::string_view beside : {"same_plugin_twice", "wrong_digest", "no_child"}) {
    if (refusal.code == beside) return false;
  }
  return true;
}

Error unloaded() {
  return {"unloaded", "its agents were unloaded by hand", "patchbay load takes it"};
}

bool is_overruled(const Problem& problem) {
  return problem && problem->code == Switchboard::overruled;
}

}  // namespace

// --- the pipeline

Problem Reload::bring_in(Change change) {
  approve_all(change);
  Problem wrong;
  for (Newcomer& newcomer : change.newcomers) {
    if ((wrong = stopped())) break;
    newcomer.wrong = make_ready(newcomer, change);
    if (!newcomer.wrong || newcomer.may_fail) continue;
    wrong = with_agents(newcomer.part, *newcomer.wrong);
    break;
  }
  if (!wrong) wrong = check_default(house_.switchboard, change);
  for (const Newcomer& newcomer : change.newcomers) {
    if (wrong || newcomer.wrong) give_up(newcomer);
  }
  if (wrong) return wrong;
  return swap_in(change);
}

// Several at once, for each waits for a child process; and on threads of their own, for those of
// the host may all be held by the very agent that is to be replaced.
void Reload::approve_all(Change& change) {
  {
    Workers trials(most_trials_at_once);  // its end waits for them
    for (Newcomer& newcomer : change.newcomers)
      trials.post([&] { approve_one(newcomer, change.settings.config); });
  }
  // Where the system had no thread to give, one after the other.
  for (Newcomer& newcomer : change.newcomers) {
    if (!newcomer.approval) approve_one(newcomer, change.settings.config);
  }
}

void Reload::approve_one(Newcomer& newcomer, const Config& config) {
  house_.log.info("trying a plugin", {{"file", newcomer.part.file.string()},
                                      {"digest", newcomer.candidate.digest().substr(0, 16)}});
  const Doing doing(doings_, newcomer.part.file, "trying it");
  const ApprovalTerms terms{config.allow_pinned, config.probe, config.probe_timeout, &stop_};
  newcomer.approval = approve(newcomer.candidate, newcomer.part, terms);
  if (*newcomer.approval || !newcomer.instead || stopping_) return;
  house_.switchboard.refuse(newcomer.part, newcomer.approval->error(), "",
                            newcomer.candidate.digest());
  newcomer.candidate = *std::exchange(newcomer.instead, std::nullopt);
  newcomer.approval = approve(newcomer.candidate, newcomer.part, terms);
}

Problem Reload::make_ready(Newcomer& newcomer, const Change& change) {
  if (!*newcomer.approval) return newcomer.approval->error();
  const Approved& approved = **newcomer.approval;
  if (Problem twin = check_twins(house_.switchboard, approved, change)) return twin;

  const Doing doing(doings_, newcomer.part.file, "loading it and creating its agents");
  const std::vector<Agent*> old = house_.switchboard.read([&](const Board& board) {
    const auto found = board.plugins.find(newcomer.part.file);
    return found == board.plugins.end() || !found->second.current ? std::vector<Agent*>()
                                                                  : found->second.current->agents;
  });
  Ready made;
  Problem wrong = load_beside(approved, old, house_.api, made);
  if (made.generation) {
    newcomer.version = std::make_shared<Version>();
    newcomer.version->number = house_.switchboard.next_number();
    newcomer.version->loaded = Clock::now();
    newcomer.version->plugin_id = approved.manifest.id;
    newcomer.version->version = approved.manifest.version;
    newcomer.version->digest = approved.candidate.digest();
    newcomer.version->candidate = approved.candidate;
    newcomer.version->generation = std::move(made.generation);
    newcomer.version->agents = std::move(made.agents);
    newcomer.version->remarks = approved.remarks;
  }
  return wrong;
}

Problem Reload::swap_in(const Change& change) {
  Switchboard::Swap swap{change.settings, {}, change.leaving, change.unloaded};
  for (const Newcomer& newcomer : change.newcomers) {
    if (newcomer.wrong) continue;
    swap.arriving.push_back(
        {newcomer.part, newcomer.version, newcomer.began, newcomer.overruled, newcomer.opens});
  }
  Problem wrong = house_.switchboard.swap(swap);
  if (!wrong) return std::nullopt;
  for (const Newcomer& newcomer : change.newcomers) {
    if (!newcomer.wrong) give_up(newcomer);
  }
  return wrong;
}

// Only the one that was at fault is remembered; others may have come along with it.
void Reload::give_up(const Newcomer& newcomer) {
  if (newcomer.version) house_.switchboard.bury(newcomer.part.file, newcomer.version);
  if (!newcomer.wrong) return;
  const bool approved = newcomer.approval && *newcomer.approval;
  const bool for_its_bytes = is_about_bytes(*newcomer.wrong);
  house_.switchboard.refuse(newcomer.part, *newcomer.wrong,
                            approved ? (*newcomer.approval)->manifest.version : "",
                            for_its_bytes ? newcomer.candidate.digest() : "");
}

// --- the end

void Reload::stop() {
  stopping_ = true;
  stop_.raise();
}

Problem Reload::stopped() const {
  return stopping_ ? Problem(host_stops()) : std::nullopt;
}

// --- what leads to a change

Problem Reload::open() {
  std::promise<Problem> opened;
  house_.lane.post([&] {
    // Before anything is read, so that no change falls between.
    following_.settle(house_.switchboard.settings().config);
    Result<Change> change = change_to(house_.switchboard, house_.switchboard.settings());
    opened.set_value(change ? bring_in(*std::move(change)) : std::move(change).error());
  });
  return opened.get_future().get();
}

void Reload::look_at(const fs::path& file) {
  {
    const std::lock_guard lock(mutex_);
    if (!looking_.insert(file).second) return;  // it will be seen as it is then
  }
  house_.lane.post([this, file] {
    {
      const std::lock_guard lock(mutex_);
      looking_.erase(file);
    }
    static_cast<void>(take(file));
  });
}

Problem Reload::take(const fs::path& file) {
  if (file == config_.file) return take_config();
  const bool is_certificate = house_.certificate != nullptr && house_.certificate->is_of(file);
  if (!is_certificate) return take_file(file, {});
  if (Problem ends = stopped()) return ends;
  return house_.certificate->look_again();
}

void Reload::look_at_all() {
  const Result<std::vector<Part>> lineup = lineup_of(house_.switchboard.settings().config);
  if (!lineup) return house_.log.error("cannot look for plugins", {{"why", lineup.error().text()}});
  for (const Part& part : *lineup) look_at(part.file);
}

Problem Reload::take_file(const fs::path& file, const Asked& asked) {
  if (Problem ends = stopped()) return ends;
  const std::optional<Part> part = part_for(house_.switchboard, file);
  if (!part)
    return Error{steward_code::unknown_agent,
                 fmt::format("no agent of this host has the name, or the file, {}", file.string()),
                 "name it in [agents], or put it into the plugin directory"};
  if (asked.opens.empty() && is_unloaded(house_.switchboard, file)) {
    house_.log.info("a plugin file is passed over, its agents are unloaded",
                    {{"file", file.string()}, {"next", "patchbay load takes it"}});
    return unloaded();
  }
  const Doing doing(doings_, file, "looking at it");
  const std::uint64_t count = overruled(house_.switchboard, file);
  Result<Candidate> candidate = Candidate::stage(file);
  if (!candidate) return cannot_stage(file, candidate.error());
  if (std::optional<Problem> verdict = verdict_on(*candidate, asked.insists))
    return *std::move(verdict);
  const std::string digest = candidate->digest();
  Change change{house_.switchboard.settings()};
  change.newcomers.push_back({*part, *std::move(candidate)});
  change.newcomers.back().overruled = count;
  change.newcomers.back().opens = asked.opens;
  const Problem wrong = bring_in(std::move(change));
  return is_overruled(wrong) ? yield_to(file, digest, asked.insists) : wrong;
}

// Somebody unloaded or rolled back while it was tried, and what is said last counts. So it is tried
// anew, unless it is what was gone back from, or nothing of it is to serve any more.
Problem Reload::yield_to(const fs::path& file, const std::string& digest, bool insists) {
  if (!is_unloaded(house_.switchboard, file)) return take_file(file, {insists, {}});
  house_.switchboard.refuse({file, {}}, unloaded(), "", digest);
  return unloaded();
}

Problem Reload::cannot_stage(const fs::path& file, const Error& why) {
  std::error_code wrong;
  if (!fs::exists(file, wrong)) {
    house_.log.info("a plugin file is gone, its agents go on",
                    {{"file", file.string()}, {"next", "patchbay unload ends them"}});
    house_.switchboard.forget(file);
  } else if (why.code == "still_changing") {
    house_.timers.at(Clock::now() + look_again_after, [this, file] { look_at(file); });
  } else {
    house_.switchboard.refuse({file, {}}, why, "", "");
  }
  return why;
}

// What was decided about these bytes before; nothing where they are new, or somebody insists.
std::optional<Problem> Reload::verdict_on(const Candidate& candidate, bool insists) const {
  return house_.switchboard.read([&](const Board& board) -> std::optional<Problem> {
    const auto found = board.plugins.find(candidate.file());
    if (found == board.plugins.end()) return std::nullopt;
    const Plugin& plugin = found->second;
    if (plugin.current && plugin.current->digest == candidate.digest()) return Problem();
    const auto refused = plugin.refused.find(candidate.digest());
    if (insists || refused == plugin.refused.end()) return std::nullopt;
    return Problem(refused->second.why);
  });
}

Problem Reload::take_config() {
  if (Problem ends = stopped()) return ends;
  const Config before = house_.switchboard.settings().config;
  const auto refused = [&](const Error& why) {
    following_.settle(before);
    house_.log.error("configuration refused", {{"file", config_.file.string()},
                                               {"code", why.code},
                                               {"why", why.text()},
                                               {"next", "the last good one stays in force"}});
    house_.metrics.count("patchbay_config_refusals_total", "", 1);
    return why;
  };
  Result<Settings> fresh = config_.reread();
  if (!fresh) return refused(fresh.error());
  const Config after = fresh->config;
  std::optional<Certificate::Pair> pair;
  following_.add(after);  // before any of its files is read, so that no change falls between
  if (house_.certificate != nullptr && !after.tls.certificate.empty()) {
    Result<Certificate::Pair> read = Certificate::read(after.tls);
    if (!read) return refused(read.error());
    pair = *std::move(read);
  }
  Result<Change> change = change_to(house_.switchboard, *std::move(fresh));
  if (!change) return refused(change.error());
  const std::size_t newcomers = change->newcomers.size();
  const std::size_t leaving = change->leaving.size();
  if (const Problem wrong = bring_in(*std::move(change))) {
    if (is_overruled(wrong)) return take_config();
    return wrong->code == steward_code::stopping ? wrong : refused(*wrong);
  }
  following_.settle(after);
  if (pair) house_.certificate->take(*std::move(pair));
  if (before.log_level != after.log_level)
    house_.log.set_level(log_level_named(after.log_level).value_or(LogLevel::info));
  house_.log.info(
      "configuration taken",
      {{"file", config_.file.string()}, {"plugins_changed", newcomers}, {"plugins_left", leaving}});
  for (const std::string& key : wants_restart(before, after))
    house_.log.warn("a changed setting waits for a restart", {{"key", key}});
  return std::nullopt;
}

// The version before, whose bytes were kept, comes in like any other.
Problem Reload::take_previous(const std::string& agent) {
  const std::optional<Switchboard::Serving> serving = house_.switchboard.serving(agent);
  if (!serving || !serving->previous || !serving->version)
    return Error{steward_code::nothing_to_roll_back_to,
                 fmt::format("there is no version before of {}", agent),
                 "put the file that you want into its place"};
  Result<Candidate> candidate = serving->previous->again();
  if (!candidate) return std::move(candidate).error();
  Change change{house_.switchboard.settings()};
  change.newcomers.push_back({serving->part, *std::move(candidate)});
  change.newcomers.back().overruled = serving->overruled;
  if (Problem wrong = bring_in(std::move(change))) return wrong;
  house_.switchboard.refuse(serving->part,
                            {"rolled_back", "it was rolled back by hand",
                             fmt::format("patchbay load {} takes it again", agent)},
                            serving->version->version, serving->version->digest);
  return std::nullopt;
}

// --- what may be asked

Standing Reload::standing() const {
  Standing standing;
  standing.plugins = house_.switchboard.standing();
  standing.default_agent = house_.switchboard.default_agent();
  standing.turns_open = house_.turns.open();
  const Moment now = Clock::now();
  standing.up = std::chrono::duration_cast<Milliseconds>(now - began_);
  for (PluginStanding& plugin : standing.plugins) plugin.doing = doings_.of(plugin.file, now);
  return standing;
}

void Reload::wish(Done done, std::function<Problem()> work) {
  const std::optional<Wishes::Number> wish = wishes_.add(std::move(done));
  if (!wish) return;
  house_.lane.post([this, wish = *wish, work = std::move(work)] { wishes_.answer(wish, work()); });
}

// Who names an agent wants that one back; who names a file, all of its agents.
void Reload::load(const std::string& agent_or_file, Done done) {
  const std::optional<Switchboard::Serving> serving = house_.switchboard.serving(agent_or_file);
  const fs::path file = serving ? serving->part.file : fs::path(agent_or_file);
  std::set<std::string> opens;
  if (serving) {
    opens = {agent_or_file};
  } else if (const std::optional<Part> part = part_for(house_.switchboard, file)) {
    for (const AgentConfig& agent : part->agents) opens.insert(agent.name);
  }
  // At once: the lane may be busy for long. What is still there needs no opening later.
  if (house_.switchboard.reopen(file, opens)) opens.clear();
  wish(std::move(done), [this, file, opens = std::move(opens)] {
    return take_file(file, {true, opens});
  });
}

void Reload::unload(const std::string& agent, Done done) {
  const std::optional<Wishes::Number> wish = wishes_.add(std::move(done));
  if (!wish) return;
  house_.switchboard.take_out(agent, [this, wish = *wish](const Problem& wrong) {
    wishes_.answer(wish, wrong);
    // Another file may have waited for this one to go.
    if (!wrong || wrong->code == steward_code::stays_mapped) look_at_all();
  });
}

void Reload::rollback(const std::string& agent, Done done) {
  const std::optional<Switchboard::Serving> serving = house_.switchboard.serving(agent);
  if (!serving)
    return done(Error{steward_code::unknown_agent,
                      fmt::format("there is no agent '{}' here", agent),
                      "patchbay agents shows those that there are"});
  const Error by_hand{"rolled_back", "it was rolled back by hand",
                      fmt::format("patchbay load {} takes it again", agent)};
  if (serving->version && house_.switchboard.swap_back(serving->version, by_hand))
    return done(std::nullopt);
  wish(std::move(done), [this, agent] { return take_previous(agent); });
}

void Reload::reload_config(Done done) {
  wish(std::move(done), [this] {
    Problem wrong = take_all();
    look_at_all();
    return wrong;
  });
}

// The configuration and the certificate, which is renewed also where the other is refused.
Problem Reload::take_all() {
  if (Problem ends = stopped()) return ends;
  Problem wrong = config_.reread ? take_config() : std::nullopt;
  if (house_.certificate == nullptr || (config_.reread && !wrong)) return wrong;
  Problem refused = house_.certificate->look_again();
  return wrong ? wrong : refused;
}

}  // namespace patchbay
