// SPDX-License-Identifier: MIT
#include "codec/authorization.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "codec/event.h"
#include "codec/json_text.h"

namespace patchbay {
namespace {

using Json = nlohmann::json;

constexpr std::size_t longest_reason = 300;  // bytes of an upstream's text that are relayed

void lay_over(Json& under, const Json& over) {
  for (const auto& [key, value] : over.items()) {
    Json& place = under[key];
    if (place.is_object() && value.is_object()) {
      lay_over(place, value);
    } else {
      place = value;
    }
  }
}

}  // namespace

Result<std::string> authorization_body(std::string_view from_front_end, std::string_view defaults) {
  if (check_json(from_front_end, max_json_depth))
    return Error{"body_not_json", "Invalid JSON body.", ""};
  Json body = Json::parse(from_front_end, nullptr, false);
  if (!body.is_object()) return Error{"body_not_object", "Invalid JSON body.", ""};
  const Json fixed = Json::parse(defaults, nullptr, false);
  const bool changed = fixed.is_object() && !fixed.empty();
  if (changed) lay_over(body, fixed);
  const auto agent = body.find("agent_id");
  if (agent == body.end() || !agent->is_string() || agent->get_ref<const std::string&>().empty()) {
    return Error{"agent_id_missing", "Missing agent_id in request body.", ""};
  }
  // Written anew only where it must be: numbers of many digits would not survive it.
  return changed ? body.dump() : std::string(from_front_end);
}

std::string authorization_failure(int status, std::string_view upstream_body) {
  if (status == 402) return "insufficient_balance";
  const Json body = Json::parse(upstream_body, nullptr, false);
  std::string why;
  if (body.is_object() && body.contains("error") && body["error"].is_string()) {
    why = body["error"].get<std::string>();
  } else {
    why = upstream_body.substr(0, longest_reason);
  }
  return why.empty() ? fmt::format("The authorization server answered {}.", status)
                     : why.substr(0, longest_reason);
}

}  // namespace patchbay
