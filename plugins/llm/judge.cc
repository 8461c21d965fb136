// SPDX-License-Identifier: MIT
#include "judge.h"

#include <algorithm>

namespace llm {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_arguments = std::size_t{64} * 1024;  // bytes
constexpr std::size_t most_quoted = 200;
constexpr int deepest = 64;

std::string names_of(const Tools& tools) {
  std::string names;
  for (const Tool& tool : tools) names += (names.empty() ? "" : ", ") + tool.name;
  return names;
}

}  // namespace

int depth_of(std::string_view json) {
  int depth = 0, most = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (quoted && c == '\\') {
      ++at;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '{' || c == '[')) {
      most = std::max(most, ++depth);
    } else if (!quoted && (c == '}' || c == ']')) {
      --depth;
    }
  }
  return most;
}

Json arguments_of(const Call& call) {
  const std::string& text = call.arguments;
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) return Json::object();
  if (text.size() > most_arguments || depth_of(text) > deepest) return nullptr;
  Json json = Json::parse(text, nullptr, false);
  return json.is_object() ? json : Json(nullptr);
}

Judged judge(const Tools& tools, const Call& call) {
  Judged judged;
  const auto tool = std::find_if(tools.begin(), tools.end(),
                                 [&](const Tool& one) { return one.name == call.name; });
  if (tool == tools.end()) {
    judged.complaint = "There is no tool of that name. There are: " + names_of(tools) + ".";
    return judged;
  }
  judged.arguments = arguments_of(call);
  if (judged.arguments.is_null()) {
    judged.complaint = "The arguments are no JSON object, so nothing was done: " +
                       call.arguments.substr(0, most_quoted) +
                       " Call it again, with arguments that fit its schema.";
    return judged;
  }
  if (const std::string wrong = tool->schema.complaint(judged.arguments); !wrong.empty()) {
    judged.complaint = "The arguments do not fit the schema, so nothing was done: " + wrong +
                       " Call it again, with arguments that fit.";
    return judged;
  }
  judged.tool = &*tool;
  return judged;
}

}  // namespace llm
