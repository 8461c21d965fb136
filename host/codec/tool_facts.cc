// SPDX-License-Identifier: MIT
#include "codec/tool_facts.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/json_schema.h"
#include "ground/text.h"

namespace patchbay {
namespace {

using Json = nlohmann::json;

constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_description = 4000;

Error bad_tool(const std::string& what) {
  return {"bad_function", what, "it is the plugin's author who can mend this"};
}

// What the providers of models take as one.
bool is_tool_name(std::string_view name) {
  const auto belongs = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= longest_name &&
         std::all_of(name.begin(), name.end(), belongs) && !(name[0] >= '0' && name[0] <= '9');
}

Problem check_parameters(const ToolFacts& tool) {
  if (tool.parameters.empty()) return std::nullopt;
  const std::string whose = "the parameters of the function '" + tool.name + "' ";
  if (tool.parameters.size() > most_schema) return bad_tool(whose + "are more than 32 KiB");
  if (const Problem wrong = check_schema(tool.parameters)) {
    constexpr std::string_view front = "config_schema: ";
    std::string_view why = wrong->message;
    if (why.starts_with(front)) why.remove_prefix(front.size());
    return bad_tool(whose + "are no JSON schema that can be checked: " + std::string(why));
  }
  const Json schema = Json::parse(tool.parameters, nullptr, false);
  const bool is_of_object =
      schema.is_object() && (!schema.contains("type") || schema["type"] == "object");
  return is_of_object ? std::nullopt : Problem(bad_tool(whose + "are no schema of an object"));
}

// A value that such a schema may well take: the simplest of its type.
Json guess(const Json& schema, int depth = 0) {
  if (!schema.is_object() || depth > 8) return nullptr;
  for (const char* key : {"const", "default"})
    if (schema.contains(key)) return schema[key];
  if (schema.contains("enum") && schema["enum"].is_array() && !schema["enum"].empty())
    return schema["enum"][0];
  const Json type = schema.value("type", Json("object"));
  if (type == "string") {
    const Json least = schema.value("minLength", Json(1));
    constexpr std::size_t longest = 1000;
    const std::size_t length = least.is_number_unsigned() ? least.get<std::size_t>() : 1;
    return std::string(std::min(std::max<std::size_t>(length, 1), longest), 'x');
  }
  if (type == "integer" || type == "number") return schema.value("minimum", Json(1));
  if (type == "boolean") return true;
  if (type == "array") return Json::array();
  Json object = Json::object();
  const Json required = schema.value("required", Json::array());
  const Json properties = schema.value("properties", Json::object());
  if (!required.is_array() || !properties.is_object()) return object;
  for (const Json& name : required)
    if (name.is_string())
      object[name.get<std::string>()] =
          guess(properties.value(name.get<std::string>(), Json::object()), depth + 1);
  return object;
}

// No schema asks for this one.
constexpr const char* nonsense = R"({"no such argument":[[]]})";

Problem check_tool(const ToolFacts& tool) {
  if (!is_tool_name(tool.name))
    return bad_tool("it offers a function that cannot be named '" + printable(tool.name) +
                    "': letters, digits, _ and -, at most 64, a digit not first");
  if (tool.description.empty() || tool.description.size() > longest_description ||
      !is_utf8(tool.description))
    return bad_tool("the function '" + tool.name +
                    "' wants a description of at most 4000 bytes of UTF-8");
  return check_parameters(tool);
}

}  // namespace

Problem check_tools(std::span<const ToolFacts> tools) {
  if (tools.size() > most_tools) return bad_tool("it offers more than 128 functions");
  std::set<std::string_view> names;
  for (const ToolFacts& tool : tools) {
    if (Problem wrong = check_tool(tool)) return wrong;
    if (!names.insert(tool.name).second)
      return bad_tool("it offers two functions of the name '" + tool.name + "'");
  }
  return std::nullopt;
}

std::optional<std::string> fitting_arguments(const ToolFacts& tool) {
  if (tool.parameters.empty()) return "{}";
  std::string guessed = guess(Json::parse(tool.parameters, nullptr, false)).dump();
  return check_value(tool.parameters, guessed) ? std::nullopt : std::optional(std::move(guessed));
}

std::optional<std::string> unfitting_arguments(const ToolFacts& tool) {
  if (tool.parameters.empty()) return std::nullopt;
  std::vector<std::string> some{"{}"};
  const Json schema = Json::parse(tool.parameters, nullptr, false);
  const Json properties = schema.value("properties", Json::object());
  for (const auto& [name, unused] : properties.items())
    some.push_back(Json{{name, nullptr}}.dump());
  some.emplace_back(nonsense);
  const auto is_unfit = [&](const std::string& arguments) {
    return check_value(tool.parameters, arguments).has_value();
  };
  const auto found = std::find_if(some.begin(), some.end(), is_unfit);
  return found == some.end() ? std::nullopt : std::optional(*found);
}

}  // namespace patchbay
