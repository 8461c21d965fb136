// SPDX-License-Identifier: MIT
// One of [[agents.NAME.config.mcp]]: a server of the Model Context Protocol, and which of its tools
// are taken. Asks nobody whether it is true.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tool.h"

namespace llm {

struct McpSettings {
  std::string key;                   // eg: "mcp[0]"
  std::string url;                   // over streamable HTTP; empty: it is a command
  std::vector<std::string> command;  // a program that speaks on its standard streams
  std::vector<std::pair<std::string, std::string>> headers;
  Ms timeout{5000};                               // of one call
  std::string prefix;                             // of its tools' names
  std::optional<std::set<std::string>> only;      // the tools that are taken; nothing: all
  std::optional<std::set<std::string>> mutating;  // nothing: all that do not say they only read
  std::set<std::string> show;
  std::string say;

  bool is_command() const { return url.empty(); }
  // For the log, eg: "mcp[0] (https://tools.example.com/mcp)".
  std::string name() const { return key + " (" + (is_command() ? command[0] : url) + ")"; }
};

// Throws std::invalid_argument, which names the key.
std::vector<McpSettings> read_mcp(const Table& top);

}  // namespace llm
