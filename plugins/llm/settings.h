// SPDX-License-Identifier: MIT
// What [agents.NAME.config] says. Asks nobody whether it is true.
#pragma once
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp_settings.h"
#include "tool.h"

namespace llm {

enum class Kind { openai, gemini, anthropic };

struct Provider {
  std::string key;  // eg: "providers[0]"; for messages
  Kind kind = Kind::openai;
  std::string url;     // eg: "https://api.openai.com/v1"; without a slash at its end
  std::string model;   // eg: "gpt-4o-mini"
  std::string secret;  // the name of one of the agent's; empty: none is sent
  std::optional<double> temperature;
  int max_tokens = 0;                               // 0: as the provider likes
  nlohmann::json extra = nlohmann::json::object();  // merged into each request
  Ms first_word{5000}, between_words{3000};

  std::string name() const { return key + " (" + model + ")"; }
};

struct Settings {
  std::vector<Provider> providers;  // the first is asked first
  std::string prompt;
  std::string prompt_file;  // empty: the prompt stands above
  std::string welcome;      // empty: the caller speaks first
  std::size_t history_tokens = 4000;
  bool ear = true;  // leave out what is for eyes
  Ms hedge{0};  // how long a provider may be silent before another is asked as well; 0: for good
  Tools tools;
  std::vector<McpSettings> mcp;
  int max_rounds = 5;  // in which tools may be called, of one turn
};

// Of the tokens of an answer, how many it may think with: of Anthropic's, where `extra` says so; 0:
// none are set aside.
long thinking_budget(const Provider& provider);

// Throws std::invalid_argument, which names the key.
Settings read_settings(std::string_view config);

}  // namespace llm
