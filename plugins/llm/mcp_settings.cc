// SPDX-License-Identifier: MIT
#include "mcp_settings.h"

namespace llm {
namespace {

using Json = nlohmann::json;

std::vector<std::string> read_texts(const Table& table, const char* key) {
  std::vector<std::string> texts;
  const Json& given = *table.find(key);
  if (!given.is_array()) refuse(table.path(key), "wants a list of text");
  for (const Json& text : given) {
    if (!text.is_string()) refuse(table.path(key), "wants a list of text");
    texts.push_back(text.get<std::string>());
  }
  return texts;
}

std::optional<std::set<std::string>> read_names(const Table& table, const char* key) {
  if (table.find(key) == nullptr) return std::nullopt;
  const std::vector<std::string> names = read_texts(table, key);
  return std::set<std::string>(names.begin(), names.end());
}

void read_url(const Table& table, McpSettings& out) {
  out.url = table.needed("url", R"("https://tools.example.com/mcp")");
  if (out.url.rfind("http://", 0) != 0 && out.url.rfind("https://", 0) != 0)
    refuse(table.path("url"), R"(wants a URL, eg: "https://tools.example.com/mcp")");
  out.headers = read_headers(table);
}

void read_command(const Table& table, McpSettings& out) {
  out.command = read_texts(table, "command");
  if (out.command.empty()) refuse(table.path("command"), "wants a program");
  check_program(table.path("command"), out.command[0]);
  for (const char* key : {"url", "headers", "secret"})
    if (table.find(key) != nullptr) refuse(table.path(key), "cannot go with a command");
}

McpSettings read_one(const Json& json, const std::string& key) {
  const Table table(json, key);
  McpSettings settings;
  settings.key = key;
  if (table.find("command") != nullptr) {
    read_command(table, settings);
  } else {
    read_url(table, settings);
  }
  settings.timeout = Ms(table.number("timeout_ms", settings.timeout.count(), 1, 600'000));
  settings.prefix = table.text("prefix");
  if (!settings.prefix.empty() && !is_tool_name(settings.prefix))
    refuse(table.path("prefix"), "wants letters, digits, _ and -");
  settings.only = read_names(table, "tools");
  settings.mutating = read_names(table, "mutating");
  settings.show = read_names(table, "show").value_or(std::set<std::string>());
  settings.say = table.text("say");
  return settings;
}

}  // namespace

std::vector<McpSettings> read_mcp(const Table& top) {
  std::vector<McpSettings> all;
  const Json* given = top.find("mcp");
  if (given == nullptr) return all;
  if (!given->is_array()) refuse("mcp", "wants a list of tables");
  for (const Json& json : *given)
    all.push_back(read_one(json, "mcp[" + std::to_string(all.size()) + "]"));
  return all;
}

}  // namespace llm
