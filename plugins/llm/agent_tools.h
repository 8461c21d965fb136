// SPDX-License-Identifier: MIT
// Functions of other agents as tools. What the configuration leaves out, the function's own agent
// says: its list is asked for when a turn begins, since that agent may be loaded later than this
// one, and again in another version. A tool of an agent that was never there is none yet.
#pragma once
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vap/tool.hpp>
#include <vector>

#include "house.h"
#include "tool.h"

namespace llm {

class AgentTools {
 public:
  // `wanted`: of kind agent, as they are configured.
  AgentTools(House& house, Tools wanted) : house_(house), wanted_(std::move(wanted)) {}

  bool is_empty() const { return wanted_.empty(); }
  // Throws std::invalid_argument where the operator does not let us call an agent. [control]
  void start();
  // Asks again. True: they are others now. [any]
  bool freshen();
  Tools tools() const;  // [any]

 private:
  using Offer = std::vector<vap::function_facts>;

  bool ask(const std::string& agent);
  void rebuild_locked();
  bool complete(Tool& tool, const Offer& offer);
  void say_once(const std::string& line);

  House& house_;
  const Tools wanted_;
  mutable std::mutex mutex_;            // guards everything below
  std::map<std::string, Offer> known_;  // by agent, as it was last there
  std::set<std::string> said_;
  Tools tools_;
};

}  // namespace llm
