// SPDX-License-Identifier: MIT
// What a plugin file or a configuration asks for, compared with what serves: which plugins come in,
// which leave. Stages files; judges, loads and changes nothing.
#pragma once
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "flow/bring_in.h"
#include "flow/lineup.h"
#include "flow/switchboard.h"

namespace patchbay {

// A part of the lineup on its way in.
struct Newcomer {
  Part part;
  Candidate candidate;
  std::optional<Candidate> instead = std::nullopt;  // where that one does not do
  std::optional<Result<Approved>> approval = std::nullopt;
  bool may_fail = false;         // alone, without spoiling the change
  VersionPtr version = nullptr;  // once its code is loaded
  Problem wrong = std::nullopt;  // why it is not taken
  Moment began = Clock::now();
  std::uint64_t overruled = 0;       // see Switchboard::Swap
  std::set<std::string> opens = {};  // likewise
};
struct Change {
  Settings settings;  // in force from the swap on
  std::vector<Newcomer> newcomers = {};
  std::vector<std::filesystem::path> leaving = {};  // plugins that no agent is left for
  std::vector<Part> unloaded = {};                  // by hand: they stay so, with other settings
};

// What this configuration changes. The Error says that its plugin directory, or the file of an
// agent that it names, cannot be read. [control]
Result<Change> change_to(Switchboard& switchboard, Settings fresh);

// The agents that a file is to serve as; nothing where it is not one of this host's. [any]
std::optional<Part> part_for(const Switchboard& switchboard, const std::filesystem::path& file);

// Every agent of that file was unloaded by hand. [any]
bool is_unloaded(const Switchboard& switchboard, const std::filesystem::path& file);

// How often what served of that file was taken back or out. Asked before anything is decided. [any]
std::uint64_t overruled(const Switchboard& switchboard, const std::filesystem::path& file);

// Two files that are one plugin would be two versions of it at once. One that leaves is none. [any]
[[nodiscard]] Problem check_twins(const Switchboard& switchboard, const Approved& approved,
                                  const Change& change);
// Does the agent that a configuration names as the default one serve once this has taken effect?
// [any]
[[nodiscard]] Problem check_default(const Switchboard& switchboard, const Change& change);

// The Error, with the agents that it keeps from serving.
Error with_agents(const Part& part, const Error& error);

}  // namespace patchbay
