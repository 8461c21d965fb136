// SPDX-License-Identifier: MIT
// All that the model can do beside speaking: the tools of the configuration, the functions of other
// agents, and what servers have by now.
#pragma once
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "agent_tools.h"
#include "house.h"
#include "mcp.h"
#include "settings.h"
#include "tool.h"

namespace llm {

class Toolbox {
 public:
  Toolbox(House& house, const Settings& settings);

  // Throws std::invalid_argument where the host does not let us ask a server, or an agent.
  // [control]
  void start();
  void stop();  // [control]

  // For a turn, which goes on with what it began with. Servers are asked again where their lists
  // are old, and nobody waits for it. [any]
  std::shared_ptr<const Tools> tools();
  // There never will be any.
  bool is_empty() const { return own_.empty() && agents_.is_empty() && servers_.empty(); }

 private:
  void gather();
  void add(Tools& all, Tools more);
  void leave_out(const Tool& tool, const std::string& why);

  House& house_;
  const Tools own_;
  AgentTools agents_;
  std::vector<std::unique_ptr<Mcp>> servers_;
  std::mutex gathering_;            // guards the way from the servers to tools_: the newest win
  std::set<std::string> left_out_;  // of which it was said; of gathering_
  std::mutex mutex_;                // guards tools_
  std::shared_ptr<const Tools> tools_;
};

}  // namespace llm
