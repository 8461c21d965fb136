// SPDX-License-Identifier: MIT
#include "flow/bring_in.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "ground/text.h"
#include "machine/files.h"
#include "machine/probe.h"

namespace patchbay {
namespace {

constexpr std::size_t longest_sidecar = 4096;  // bytes

Error in_file(const Candidate& candidate, const Error& error) {
  return {error.code, fmt::format("{}: {}", candidate.file().string(), error.message), error.hint};
}

// What stands in the file beside it, as sha256sum writes it; nothing where there is none.
Result<std::optional<std::string>> digest_beside(const Candidate& candidate) {
  const std::filesystem::path sidecar = candidate.file().string() + ".sha256";
  std::error_code wrong;
  if (!std::filesystem::exists(sidecar, wrong)) return std::optional<std::string>();
  const Result<std::string> text = read_file(sidecar, longest_sidecar);
  if (!text) return text.error();
  std::string digest = text->substr(0, text->find_first_of(" \t\r\n"));
  std::transform(digest.begin(), digest.end(), digest.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::optional(std::move(digest));
}

// A digest beside the file is proof that a copy is complete; without one there is suspicion.
Problem check_complete(const Candidate& candidate) {
  const Result<std::optional<std::string>> digest = digest_beside(candidate);
  if (!digest) return digest.error();
  if (!*digest) return check_whole(candidate.bytes(), candidate.holes());
  if (**digest == candidate.digest()) return std::nullopt;
  return Error{"wrong_digest",
               fmt::format("its SHA-256 is {}, but {}.sha256 says {}", candidate.digest(),
                           candidate.file().filename().string(), printable(**digest)),
               "the copy may not be complete yet; else bring the new digest too, or remove it"};
}

// The id that the manifest knows for an agent of the configuration.
Problem find_agent_id(AgentConfig& agent, const Manifest& manifest) {
  const auto is_wanted = [&](const ManifestAgent& known) { return known.id == agent.agent_id; };
  if (std::any_of(manifest.agents.begin(), manifest.agents.end(), is_wanted)) return std::nullopt;
  if (agent.agent_id != AgentConfig{}.agent_id) {
    return Error{"no_such_agent",
                 fmt::format("plugin {} has no agent '{}'", manifest.id, agent.agent_id),
                 fmt::format("it has '{}'", manifest.agents.front().id)};
  }
  agent.agent_id = manifest.agents.front().id;
  return std::nullopt;
}

Problem settle_agents(std::vector<AgentConfig>& agents, const Manifest& manifest) {
  for (AgentConfig& agent : agents) {
    if (Problem wrong = find_agent_id(agent, manifest)) return wrong;
    if (Problem wrong = check_agent_config(manifest, agent.config_json)) return wrong;
  }
  return std::nullopt;
}

Problem try_in_a_child(Approved& approved, const ApprovalTerms& terms) {
  ProbeTerms trial;
  trial.most = terms.probe_timeout;
  trial.stop = terms.stop;
  for (const AgentConfig& agent : approved.agents)
    trial.agents.push_back({agent.agent_id, "/agents/" + agent.name, agent.config_json});
  const Result<ProbeReport> report = probe(approved.candidate, trial);
  if (!report) return report.error();
  if (!report->remark.empty()) approved.remarks.push_back({"probe", report->remark, ""});
  return std::nullopt;
}

// What the old agent knows goes to the new one of the same name.
Problem hand_over(Agent& from, Agent& to) {
  Result<std::optional<std::string>> saved = from.save();
  if (!saved) return std::move(saved).error();
  if (!*saved) return std::nullopt;
  return to.load(from.generation().manifest().version, **saved);
}

}  // namespace

HostAbilities abilities_of_this_host(bool allow_pinned) {
  return {VAP_ABI_MINOR, host_extensions(), allow_pinned};
}

Result<Approved> approve(const Candidate& candidate, const Part& part, const ApprovalTerms& terms) {
  if (Problem wrong = check_name(part)) return *std::move(wrong);
  Result<Examination> found =
      examine(candidate.bytes(), abilities_of_this_host(terms.allow_pinned));
  if (!found) return in_file(candidate, found.error());
  if (Problem wrong = check_complete(candidate)) return in_file(candidate, *wrong);

  Approved approved{candidate, std::move(found->manifest), part.agents, std::move(found->warnings)};
  if (Problem wrong = settle_agents(approved.agents, approved.manifest))
    return in_file(candidate, *wrong);
  if (!terms.probe) return approved;
  if (Problem wrong = try_in_a_child(approved, terms)) return in_file(candidate, *wrong);
  return approved;
}

Problem load_beside(const Approved& approved, const std::vector<Agent*>& old, HostApi& api,
                    Ready& made) {
  Result<std::unique_ptr<Generation>> loaded =
      Generation::load(approved.candidate, approved.manifest);
  if (!loaded) return in_file(approved.candidate, loaded.error());
  made.generation = *std::move(loaded);
  for (const AgentConfig& config : approved.agents) {
    Result<Agent*> agent = made.generation->make_agent(config, host_table(), &api);
    if (!agent) return in_file(approved.candidate, agent.error());
    api.requests.warm_up(**agent);
    made.agents.push_back(*agent);
    const auto before = std::find_if(
        old.begin(), old.end(), [&](const Agent* other) { return other->name() == config.name; });
    if (before == old.end()) continue;
    if (Problem wrong = hand_over(**before, **agent)) return in_file(approved.candidate, *wrong);
  }
  return std::nullopt;
}

}  // namespace patchbay
