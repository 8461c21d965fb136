// SPDX-License-Identifier: MIT
#include "flow/change.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "ground/text.h"

namespace patchbay {
namespace {

namespace fs = std::filesystem;

// Nothing to do for it: it serves so already, or it was refused or ended as it is.
bool is_settled(const Board& board, const Part& part) {
  const auto found = board.plugins.find(part.file);
  if (found == board.plugins.end() || found->second.agents != part.agents) return false;
  return found->second.current || Board::is_unloaded(found->second) || found->second.last_refusal;
}

// Its agents were unloaded by hand, and nothing that changes for them says otherwise.
bool stays_unloaded(const Board& board, const Part& part) {
  const auto found = board.plugins.find(part.file);
  if (found == board.plugins.end() || found->second.current) return false;
  Plugin then;
  then.agents = found->second.agents;
  then.closed = found->second.closed;
  Board::configure(then, part.agents);
  return Board::is_unloaded(then);
}

// The plugins that a configuration has no agents for. In a directory a file that was deleted does
// not end its agents.
std::vector<fs::path> leaving_for(const Board& board, const Config& config,
                                  const std::vector<Part>& lineup) {
  std::vector<fs::path> leaving;
  for (const auto& [file, plugin] : board.plugins) {
    const auto is_it = [&file = file](const Part& part) { return part.file == file; };
    if (std::any_of(lineup.begin(), lineup.end(), is_it)) continue;
    const bool in_directory = serves_directory(config) && !plugin.agents.empty() &&
                              file.parent_path() == directory_of(config);
    if (!in_directory) leaving.push_back(file);
  }
  return leaving;
}

// Did callers hear these bytes, and were they taken back then? Another configuration is no reason
// to let callers hear them again.
bool has_failed(const Switchboard& switchboard, const fs::path& file, const std::string& digest) {
  return switchboard.read([&](const Board& board) {
    const auto found = board.plugins.find(file);
    if (found == board.plugins.end()) return false;
    const auto refused = found->second.refused.find(digest);
    return refused != found->second.refused.end() &&
           (refused->second.why.code == "rolled_back" || refused->second.why.code == "unfit");
  });
}

// Would a trial come to the same end as the one before? That is for the file of a directory, which
// harms nobody else; where a configuration names a file, somebody waits for what is wrong with it.
bool is_refused_as_before(const Switchboard& switchboard, const Newcomer& newcomer) {
  return newcomer.may_fail && switchboard.read([&](const Board& board) {
    const auto found = board.plugins.find(newcomer.part.file);
    if (found == board.plugins.end()) return false;
    const auto refused = found->second.refused.find(newcomer.candidate.digest());
    return refused != found->second.refused.end() && refused->second.agents == newcomer.part.agents;
  });
}

// What a trial is held under, beside the agents' own settings.
bool has_same_terms(const Config& a, const Config& b) {
  return a.allow_pinned == b.allow_pinned && a.probe == b.probe &&
         a.probe_timeout == b.probe_timeout;
}

// The file as it is now, which may be the one that a new configuration is meant for; where that
// does not do, what serves.
Result<Newcomer> newcomer_for(const Switchboard& switchboard, const Part& part, bool in_directory) {
  const std::uint64_t count = overruled(switchboard, part.file);
  Result<Candidate> candidate = Candidate::stage(part.file);
  const std::optional<Candidate> serving = switchboard.read([&](const Board& board) {
    const auto found = board.plugins.find(part.file);
    return found == board.plugins.end() || !found->second.current
               ? std::optional<Candidate>()
               : found->second.current->candidate;
  });
  if (!serving) {
    if (!candidate) return std::move(candidate).error();
    Newcomer alone{part, *std::move(candidate)};
    alone.overruled = count;
    alone.may_fail = in_directory;  // a bad file there harms nobody but itself
    return alone;
  }
  Result<Candidate> again = serving->again();
  if (!again) return std::move(again).error();
  const bool is_new = candidate && candidate->digest() != again->digest() &&
                      !has_failed(switchboard, part.file, candidate->digest());
  Newcomer newcomer = is_new ? Newcomer{part, *std::move(candidate), *std::move(again)}
                             : Newcomer{part, *std::move(again)};
  newcomer.overruled = count;
  return newcomer;
}

// A name that is misspelt is the usual reason why there is no such file.
Error no_plugin_file(const fs::path& file, const Config& config) {
  Config directory;
  directory.plugin_directory = config.plugin_directory;
  const Result<std::vector<Part>> there = lineup_of(directory);
  std::vector<std::string> names;
  if (there) {
    for (const Part& part : *there) names.push_back(part.file.stem().string());
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  const std::string_view meant = nearest(file.stem().string(), known);
  Error error{"no_plugin_file", fmt::format("there is no file {}", file.string()), ""};
  if (!meant.empty()) {
    error.hint = fmt::format("did you mean '{}'?", meant);
  } else if (!names.empty()) {
    error.hint = fmt::format("in that directory there are: {}", fmt::join(names, ", "));
  } else {
    error.hint = "name the directory with --plugins DIR, or directory in [plugins]";
  }
  return error;
}

bool contains(const std::vector<fs::path>& files, const fs::path& file) {
  return std::find(files.begin(), files.end(), file) != files.end();
}

}  // namespace

Error with_agents(const Part& part, const Error& error) {
  std::vector<std::string_view> names;
  for (const AgentConfig& agent : part.agents) names.push_back(agent.name);
  return {error.code, fmt::format("agent {}: {}", fmt::join(names, ", "), error.message),
          error.hint};
}

std::optional<Part> part_for(const Switchboard& switchboard, const fs::path& file) {
  std::optional<Part> known = switchboard.read([&](const Board& board) {
    const auto found = board.plugins.find(file);
    return found == board.plugins.end() || found->second.agents.empty()
               ? std::optional<Part>()
               : Part{file, found->second.agents};
  });
  if (known) return known;
  const Config config = switchboard.settings().config;
  if (!serves_directory(config) || file.parent_path() != directory_of(config)) return std::nullopt;
  return part_of(file, config);
}

bool is_unloaded(const Switchboard& switchboard, const fs::path& file) {
  return switchboard.read([&](const Board& board) {
    const auto found = board.plugins.find(file);
    return found != board.plugins.end() && Board::is_unloaded(found->second);
  });
}

std::uint64_t overruled(const Switchboard& switchboard, const fs::path& file) {
  return switchboard.read([&](const Board& board) {
    const auto found = board.plugins.find(file);
    return found == board.plugins.end() ? std::uint64_t{0} : found->second.overruled;
  });
}

Result<Change> change_to(Switchboard& switchboard, Settings fresh) {
  const Result<std::vector<Part>> lineup = lineup_of(fresh.config);
  if (!lineup) return lineup.error();
  const bool same_terms = has_same_terms(switchboard.settings().config, fresh.config);
  Change change{std::move(fresh)};
  for (const Part& part : *lineup) {
    if (switchboard.read([&](const Board& board) { return is_settled(board, part); })) continue;
    if (switchboard.read([&](const Board& board) { return stays_unloaded(board, part); })) {
      change.unloaded.push_back(part);
      continue;
    }
    const bool in_directory = serves_directory(change.settings.config);
    Result<Newcomer> newcomer = newcomer_for(switchboard, part, in_directory);
    if (newcomer && same_terms && is_refused_as_before(switchboard, *newcomer)) continue;
    if (newcomer) {
      change.newcomers.push_back(*std::move(newcomer));
    } else if (in_directory) {
      switchboard.refuse(part, newcomer.error(), "", "");
    } else {
      std::error_code wrong;
      const bool is_there = fs::exists(part.file, wrong);
      return with_agents(
          part, is_there ? newcomer.error() : no_plugin_file(part.file, change.settings.config));
    }
  }
  change.leaving = switchboard.read(
      [&](const Board& board) { return leaving_for(board, change.settings.config, *lineup); });
  return change;
}

Problem check_twins(const Switchboard& switchboard, const Approved& approved,
                    const Change& change) {
  const fs::path& file = approved.candidate.file();
  const std::string& id = approved.manifest.id;
  std::optional<fs::path> twin;
  for (const Newcomer& other : change.newcomers) {
    if (other.version && !other.wrong && other.part.file != file && other.version->plugin_id == id)
      twin = other.part.file;
  }
  switchboard.read([&](const Board& board) {
    for (const auto& [other, plugin] : board.plugins) {
      if (other != file && plugin.current && plugin.current->plugin_id == id &&
          !contains(change.leaving, other))
        twin = other;
    }
  });
  if (!twin) return std::nullopt;
  return Error{
      "same_plugin_twice",
      fmt::format("{} and {} are both plugin {}", file.string(), twin->string(), id),
      "keep one of them in the directory, or name them in [agents]; patchbay unload ends one"};
}

Problem check_default(const Switchboard& switchboard, const Change& change) {
  const std::string& wanted = change.settings.config.default_agent;
  if (wanted.empty()) return std::nullopt;
  std::vector<fs::path> changed = change.leaving;  // their agents of before say nothing
  for (const Newcomer& newcomer : change.newcomers) {
    if (newcomer.wrong) continue;
    if (has_agent(newcomer.part.agents, wanted)) return std::nullopt;
    changed.push_back(newcomer.part.file);
  }
  const bool is_there = switchboard.read([&](const Board& board) {
    const Plugin* plugin = board.find(wanted);
    return plugin != nullptr && (plugin->current || Board::is_unloaded(*plugin)) &&
           !contains(changed, plugin->file);
  });
  if (is_there) return std::nullopt;
  return Error{"no_default_agent", fmt::format("there is no agent '{}' to be the default", wanted),
               "name one that is loaded with --agent"};
}

}  // namespace patchbay
