// SPDX-License-Identifier: MIT
#include "codec/wish.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "codec/json_text.h"

namespace patchbay {
namespace {

using Json = nlohmann::json;

constexpr std::size_t deep_enough = 8;

Result<Json> member_of(std::string_view body, std::string_view member, std::string_view example,
                       bool (Json::*is_right)() const noexcept) {
  std::string hint = fmt::format(R"(send {{"{}": {}}})", member, example);
  if (check_json(body, deep_enough))
    return Error{"body_not_json", "the body is not JSON", std::move(hint)};
  const Json document = Json::parse(body, nullptr, false);
  const auto value = document.find(member);
  if (!document.is_object() || document.size() != 1 || value == document.end() ||
      !((*value).*is_right)()) {
    return Error{"body_not_as_wanted",
                 fmt::format("the body is not an object with '{}' and nothing else", member),
                 std::move(hint)};
  }
  return *value;
}

}  // namespace

Result<std::string> wished_text(std::string_view body, std::string_view member,
                                std::string_view example) {
  const Result<Json> value = member_of(body, member, example, &Json::is_string);
  if (!value) return value.error();
  return value->get<std::string>();
}

Result<bool> wished_flag(std::string_view body, std::string_view member) {
  const Result<Json> value = member_of(body, member, "true", &Json::is_boolean);
  if (!value) return value.error();
  return value->get<bool>();
}

}  // namespace patchbay
