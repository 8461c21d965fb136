// SPDX-License-Identifier: MIT
#include "dialect.h"

#include <utility>

#include "judge.h"
#include "wording.h"

namespace llm {

constexpr int deepest_event = 100;  // what is deeper would cost our stack

Question ask(const Provider& provider, const Talk& talk) {
  switch (provider.kind) {
    case Kind::gemini:
      return ask_gemini(provider, talk);
    case Kind::anthropic:
      return ask_anthropic(provider, talk);
    case Kind::openai:
      break;
  }
  return ask_openai(provider, talk);
}

std::unique_ptr<Decoder> make_decoder(Kind kind) {
  switch (kind) {
    case Kind::gemini:
      return make_gemini_decoder();
    case Kind::anthropic:
      return make_anthropic_decoder();
    case Kind::openai:
      break;
  }
  return make_openai_decoder();
}

std::vector<Call> Decoder::take_calls() {
  std::vector<Call> calls;
  for (auto& [number, call] : calls_) calls.push_back(std::move(call));
  calls_.clear();
  return calls;
}

std::string body_of(Json body, const Provider& provider) {
  body.merge_patch(provider.extra);
  return json_look(body);
}

// What is no object the model is not shown again: it is told what was wrong with it.
Json input_of(const Call& call) {
  Json arguments = arguments_of(call);
  return arguments.is_null() ? Json::object() : arguments;
}

Json parse_event(std::string_view data) {
  if (depth_of(data) > deepest_event) return nullptr;
  Json json = Json::parse(data, nullptr, false);
  return json.is_object() ? json : Json(nullptr);
}

const Json& at(const Json& json, std::string_view key) {
  static const Json nothing;
  if (!json.is_object()) return nothing;
  const auto found = json.find(key);
  return found == json.end() ? nothing : *found;
}

const Json& first(const Json& list) {
  static const Json nothing;
  return list.is_array() && !list.empty() ? list.front() : nothing;
}

std::string text(const Json& json) {
  return json.is_string() ? json.get<std::string>() : std::string();
}

Piece broken(const std::string& why) {
  Piece piece;
  piece.error = why;
  return piece;
}

Piece broken_by(const Json& error) {
  const std::string message = text(at(error, "message"));
  return broken("the model reports an error: " + (message.empty() ? error.dump() : message));
}

}  // namespace llm
