// SPDX-License-Identifier: MIT
#include "toolbox.h"

#include <algorithm>
#include <utility>

namespace llm {
namespace {

constexpr std::size_t most_tools = 128;  // OpenAI takes no more

}  // namespace

Toolbox::Toolbox(House& house, const Settings& settings)
    : house_(house), own_(settings.tools), tools_(std::make_shared<const Tools>(settings.tools)) {
  for (const McpSettings& server : settings.mcp)
    servers_.push_back(std::make_unique<Mcp>(house_, server, [this] { gather(); }));
}

void Toolbox::start() {
  for (const auto& server : servers_) server->start();
}

void Toolbox::stop() {
  for (const auto& server : servers_) server->stop();
}

std::shared_ptr<const Tools> Toolbox::tools() {
  for (const auto& server : servers_) server->freshen();
  const std::lock_guard<std::mutex> lock(mutex_);
  return tools_;
}

void Toolbox::gather() {
  const std::lock_guard<std::mutex> gathering(gathering_);
  auto all = std::make_shared<Tools>(own_);
  for (const auto& server : servers_)
    for (Tool& tool : server->tools()) {
      const bool is_taken = std::any_of(all->begin(), all->end(),
                                        [&](const Tool& other) { return other.name == tool.name; });
      if (is_taken || all->size() >= most_tools) {
        leave_out(tool, is_taken ? "another has that name; give the server a prefix"
                                 : "there are 128 already");
      } else {
        all->push_back(std::move(tool));
      }
    }
  const std::lock_guard<std::mutex> lock(mutex_);
  tools_ = std::move(all);
}

// Lists are asked for again and again: it is said once.
void Toolbox::leave_out(const Tool& tool, const std::string& why) {
  const std::string line = tool.key + ": the tool " + tool.name + " is left out: " + why;
  if (left_out_.insert(line).second) house_.warn(line);
}

}  // namespace llm
