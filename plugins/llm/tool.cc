// SPDX-License-Identifier: MIT
#include "tool.h"

#include <unistd.h>

#include <cctype>
#include <set>

namespace llm {
namespace {

using Json = nlohmann::json;
using Names = std::set<std::string>;

constexpr std::size_t longest_name = 64;  // for every provider

// A function has a name already.
std::string read_name(const Table& table, const std::string& otherwise) {
  std::string name = otherwise.empty() ? table.needed("name", R"("opening_hours")")
                                       : table.text("name", otherwise);
  if (!is_tool_name(name)) refuse(table.path("name"), "wants at most 64 letters, digits, _ and -");
  return name;
}

Json read_parameters(const Table& table) {
  const Json* given = table.find("parameters");
  Json schema = given == nullptr ? Json::object() : *given;
  if (!schema.is_object()) refuse(table.path("parameters"), "wants a table");
  if (schema.emplace("type", "object").first->is_string() && schema["type"] != "object")
    refuse(table.path("parameters.type"), R"(wants "object")");
  if (!schema.emplace("properties", Json::object()).first->is_object())
    refuse(table.path("parameters.properties"), "wants a table");
  return schema;
}

Schema read_schema(const Table& table, const Json& parameters) {
  try {
    return Schema(parameters);
  } catch (const std::invalid_argument& wrong) {
    refuse(table.path("parameters"), wrong.what());
  }
}

Blank read_blank(const std::string& path, const std::string& text, const Names& names) {
  try {
    return {text, names};
  } catch (const std::invalid_argument& wrong) {
    refuse(path, wrong.what());
  }
}

void read_url(const Table& table, const Names& names, Tool& out) {
  const std::string text = table.needed("url", R"("https://api.example.com/orders/{id}")");
  out.url = read_blank(table.path("url"), text, names);
  const std::string front = out.url.front();
  const std::size_t host = front.rfind("https://", 0) == 0  ? 8
                           : front.rfind("http://", 0) == 0 ? 7
                                                            : 0;
  if (host == 0) refuse(table.path("url"), R"(wants a URL, eg: "https://api.example.com/orders")");
  if (out.url.has_blanks() && front.find_first_of("/?", host) == std::string::npos)
    refuse(table.path("url"), "has a blank in its host's name, which is not for models to choose");
}

bool names_content_type(const Tool& tool, std::string& type) {
  for (const auto& [name, value] : tool.headers) {
    std::string lower;
    for (const char c : name)
      lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (lower == "content-type") return type = value, true;
  }
  return false;
}

void read_http(const Table& table, const Names& names, Tool& out) {
  read_url(table, names, out);
  out.headers = read_headers(table);
  out.method = table.text("method", "POST");
  bool known = false;
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"})
    known = known || out.method == method;
  if (!known) refuse(table.path("method"), "wants GET, POST, PUT, PATCH or DELETE");
  out.has_body = table.find("body") != nullptr;
  if (out.has_body && !out.takes_body()) refuse(table.path("body"), "cannot go with " + out.method);
  std::string type = "application/json";
  const bool is_named = names_content_type(out, type);
  if (out.takes_body() && !is_named) out.headers.emplace_back("Content-Type", type);
  const bool is_form = type.rfind("application/x-www-form-urlencoded", 0) == 0;
  out.body = read_blank(table.path("body"), table.text("body"), names);
  out.body_look = is_form ? percent_look : json_look;
}

void read_command(const Table& table, const Names& names, Tool& out) {
  const Json* words = table.find("command");
  const std::string path = table.path("command");
  if (words == nullptr) refuse(path, R"(is missing, eg: ["/usr/local/bin/stock", "{item}"])");
  if (!words->is_array() || words->empty()) refuse(path, "wants a list of text");
  for (const Json& word : *words) {
    if (!word.is_string()) refuse(path, "wants a list of text");
    out.command.push_back(read_blank(path, word.get<std::string>(), names));
  }
  check_program(path, out.command[0].has_blanks() ? "" : out.command[0].front());
}

// What it does and takes, the function's own agent says as well.
void read_agent(const Table& table, Tool& out) {
  out.agent = table.needed("agent", R"("bakery")");
  out.function = table.needed("function", R"("stock")");
  if (!is_tool_name(out.function))
    refuse(table.path("function"), "wants at most 64 letters, digits, _ and -");
  out.parameters_given = table.find("parameters") != nullptr;
  out.mutating_given = table.find("mutating") != nullptr;
}

Tool::Kind read_kind(const Table& table) {
  const std::string kind = table.needed("kind", R"("http")");
  if (kind == "http") return Tool::Kind::http;
  if (kind == "command") return Tool::Kind::command;
  if (kind == "agent") return Tool::Kind::agent;
  refuse(table.path("kind"), R"(wants "http", "command" or "agent")");
}

Tool read_tool(const Json& json, const std::string& key) {
  const Table table(json, key);
  Json parameters = read_parameters(table);
  Tool tool(read_schema(table, parameters));
  tool.key = key;
  tool.parameters = std::move(parameters);
  tool.kind = read_kind(table);
  if (tool.kind == Tool::Kind::agent) read_agent(table, tool);
  tool.name = read_name(table, tool.function);
  tool.description = tool.kind == Tool::Kind::agent
                         ? table.text("description")
                         : table.needed("description", R"("When the shop is open.")");
  tool.timeout = Ms(table.number("timeout_ms", tool.timeout.count(), 1, 600'000));
  tool.mutating = table.flag("mutating", false);
  tool.show = table.flag("show", false);
  tool.say = table.text("say");
  Names names;
  for (const auto& [name, unused] : tool.parameters["properties"].items()) names.insert(name);
  if (tool.kind == Tool::Kind::http) {
    read_http(table, names, tool);
  } else if (tool.kind == Tool::Kind::command) {
    read_command(table, names, tool);
  }
  return tool;
}

}  // namespace

bool is_tool_name(const std::string& name) {
  if (name.empty() || name.size() > longest_name) return false;
  for (const char c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '-') return false;
  return std::isdigit(static_cast<unsigned char>(name[0])) == 0;
}

void check_program(const std::string& key, const std::string& program) {
  if (program.rfind('/', 0) != 0)
    refuse(key, "wants a program by its whole path, eg: \"/usr/local/bin/stock\"");
  if (::access(program.c_str(), X_OK) != 0) refuse(key, "cannot be run: " + program);
}

std::vector<std::pair<std::string, std::string>> read_headers(const Table& table) {
  std::vector<std::pair<std::string, std::string>> headers;
  if (const Json* given = table.find("headers")) {
    const Table values(*given, table.path("headers"));
    for (const auto& [name, value] : given->items())
      headers.emplace_back(name, values.text(name.c_str()));
  }
  if (const std::string secret = table.text("secret"); !secret.empty())
    headers.emplace_back("Authorization", "Bearer {secret:" + secret + "}");
  return headers;
}

Tools read_tools(const Table& top) {
  Tools tools;
  const Json* given = top.find("tools");
  if (given == nullptr) return tools;
  if (!given->is_array()) refuse("tools", "wants a list of tables");
  Names names;
  for (const Json& json : *given) {
    tools.push_back(read_tool(json, "tools[" + std::to_string(tools.size()) + "]"));
    if (!names.insert(tools.back().name).second)
      refuse(tools.back().key + ".name", "is that of another tool: " + tools.back().name);
  }
  return tools;
}

}  // namespace llm
