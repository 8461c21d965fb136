// SPDX-License-Identifier: MIT
#include "dialect.h"

#include "wording.h"

namespace llm {

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

std::string body_of(Json body, const Provider& provider) {
  if (!provider.extra.empty()) body.merge_patch(Json::parse(provider.extra, nullptr, false));
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json parse_event(std::string_view data) {
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
