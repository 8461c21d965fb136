// SPDX-License-Identifier: MIT
#include "flow/change.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace patchbay {
namespace {

namespace fs = std::filesystem;

// Nothing to do for it: it serves so already, or it was refused or ended as it is.
bool is_settled(const Board& board, const Part& part) {
  const auto found = board.plugins.find(part.file);
  if (found == board.plugins.end() || found->second.agents != part.agents) return false;
  return found->second.current || found->second.unloaded || found->second.last_refusal;
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

// The file as it is now, which may be the one that a new configuration is meant for; where that
// does not do, what serves.
Result<Newcomer> newcomer_for(const Switchboard& switchboard, const Part& part, bool in_directory) {
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
    alone.may_fail = in_directory;  // a bad file there harms nobody but itself
    return alone;
  }
  Result<Candidate> again = serving->again();
  if (!again) return std::move(again).error();
  if (!candidate || candidate->digest() == again->digest())
    return Newcomer{part, *std::move(again)};
  return Newcomer{part, *std::move(candidate), *std::move(again)};
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

Result<Change> change_to(Switchboard& switchboard, Settings fresh) {
  const Result<std::vector<Part>> lineup = lineup_of(fresh.config);
  if (!lineup) return lineup.error();
  Change change{std::move(fresh)};
  for (const Part& part : *lineup) {
    if (switchboard.read([&](const Board& board) { return is_settled(board, part); })) continue;
    const bool in_directory = serves_directory(change.settings.config);
    Result<Newcomer> newcomer = newcomer_for(switchboard, part, in_directory);
    if (newcomer) {
      change.newcomers.push_back(*std::move(newcomer));
    } else if (in_directory) {
      switchboard.refuse(part.file, newcomer.error(), "", "");
    } else {
      return with_agents(part, newcomer.error());
    }
  }
  change.leaving = switchboard.read(
      [&](const Board& board) { return leaving_for(board, change.settings.config, *lineup); });
  return change;
}

}  // namespace patchbay
