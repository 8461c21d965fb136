// SPDX-License-Identifier: MIT
#include "agent_tools.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace llm {
namespace {

using Json = nlohmann::json;

bool are_same(const std::vector<vap::function_facts>& a,
              const std::vector<vap::function_facts>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const vap::function_facts& x, const vap::function_facts& y) {
                      return x.name == y.name && x.description == y.description &&
                             x.parameters == y.parameters && x.mutating == y.mutating;
                    });
}

std::string names_in(const std::vector<vap::function_facts>& offer) {
  std::string names;
  for (const auto& each : offer) names += (names.empty() ? "" : ", ") + each.name;
  return names.empty() ? "none" : names;
}

std::string head_of(const Tool& tool) {
  return tool.key + " (" + tool.name + "): ";
}

}  // namespace

void AgentTools::start() {
  std::set<std::string> asked;
  for (const Tool& tool : wanted_) {
    if (!asked.insert(tool.agent).second) continue;
    Offer offer;
    std::string why;
    const vap_status_t status = house_.functions().list(tool.agent, offer, &why);
    if (status == VAP_E_UNSUPPORTED) throw std::invalid_argument(tool.key + ".agent: " + why);
    if (status < 0) house_.tell(head_of(tool) + why + "; it is asked again when a turn begins");
  }
  freshen();
}

bool AgentTools::freshen() {
  std::set<std::string> agents;
  for (const Tool& tool : wanted_) agents.insert(tool.agent);
  bool changed = false;
  for (const std::string& agent : agents) changed = ask(agent) || changed;
  if (!changed) return false;
  const std::lock_guard<std::mutex> lock(mutex_);
  rebuild_locked();
  return true;
}

// One that is gone keeps the tools that it had: their calls say that it is.
bool AgentTools::ask(const std::string& agent) {
  Offer offer;
  if (house_.functions().list(agent, offer) < 0) return false;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = known_.find(agent);
  if (found != known_.end() && are_same(found->second, offer)) return false;
  known_[agent] = std::move(offer);
  return true;
}

void AgentTools::rebuild_locked() {
  tools_.clear();
  for (Tool tool : wanted_) {
    const auto known = known_.find(tool.agent);
    if (known != known_.end() && complete(tool, known->second)) tools_.push_back(std::move(tool));
  }
}

// What the operator has written counts; the function says the rest.
bool AgentTools::complete(Tool& tool, const Offer& offer) {
  const auto facts = std::find_if(offer.begin(), offer.end(),
                                  [&](const auto& each) { return each.name == tool.function; });
  if (facts == offer.end()) {
    say_once(head_of(tool) + "agent " + tool.agent + " offers no function '" + tool.function +
             "', but: " + names_in(offer));
    return false;
  }
  if (tool.description.empty()) tool.description = facts->description;
  if (!tool.mutating_given) tool.mutating = facts->mutating;
  if (tool.parameters_given || facts->parameters.empty()) return true;
  try {
    tool.parameters = Json::parse(facts->parameters);
    tool.parameters.emplace("type", "object");
    tool.parameters.emplace("properties", Json::object());
    tool.schema = Schema(tool.parameters);
  } catch (const std::exception& wrong) {
    say_once(head_of(tool) +
             "it is left out, as its parameters cannot be checked: " + wrong.what());
    return false;
  }
  return true;
}

// It is asked again and again.
void AgentTools::say_once(const std::string& line) {
  if (said_.insert(line).second) house_.warn(line);
}

Tools AgentTools::tools() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return tools_;
}

}  // namespace llm
