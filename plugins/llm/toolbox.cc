// SPDX-License-Identifier: MIT
#include "toolbox.h"

#include <algorithm>
#include <utility>

namespace llm {
namespace {

constexpr std::size_t most_tools = 128;  // OpenAI takes no more

Tools of_kind(const Tools& all, bool agents) {
  Tools some;
  for (const Tool& tool : all)
    if ((tool.kind == Tool::Kind::agent) == agents) some.push_back(tool);
  return some;
}

}  // namespace

Toolbox::Toolbox(House& house, const Settings& settings)
    : house_(house),
      own_(of_kind(settings.tools, false)),
      agents_(house, of_kind(settings.tools, true)),
      tools_(std::make_shared<const Tools>(own_)) {
  for (const McpSettings& server : settings.mcp)
    servers_.push_back(std::make_unique<Mcp>(house_, server, [this] { gather(); }));
}

void Toolbox::start() {
  agents_.start();
  gather();
  for (const auto& server : servers_) server->start();
}

void Toolbox::stop() {
  for (const auto& server : servers_) server->stop();
}

std::shared_ptr<const Tools> Toolbox::tools() {
  if (agents_.freshen()) gather();
  for (const auto& server : servers_) server->freshen();
  const std::lock_guard<std::mutex> lock(mutex_);
  return tools_;
}

void Toolbox::gather() {
  const std::lock_guard<std::mutex> gathering(gathering_);
  auto all = std::make_shared<Tools>(own_);
  add(*all, agents_.tools());
  for (const auto& server : servers_) add(*all, server->tools());
  const std::lock_guard<std::mutex> lock(mutex_);
  tools_ = std::move(all);
}

void Toolbox::add(Tools& all, Tools more) {
  for (Tool& tool : more) {
    const bool is_taken = std::any_of(all.begin(), all.end(),
                                      [&](const Tool& other) { return other.name == tool.name; });
    if (is_taken || all.size() >= most_tools) {
      leave_out(tool, is_taken ? "another has that name; give the server a prefix"
                               : "there are 128 already");
    } else {
      all.push_back(std::move(tool));
    }
  }
}

// Lists are asked for again and again: it is said once.
void Toolbox::leave_out(const Tool& tool, const std::string& why) {
  const std::string line = tool.key + ": the tool " + tool.name + " is left out: " + why;
  if (left_out_.insert(line).second) house_.warn(line);
}

}  // namespace llm
