// SPDX-License-Identifier: MIT
// What the three dialects share: looking into JSON that strangers sent, where anything may be
// missing, and the functions of each. For the units that speak one.
#pragma once
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "dialect.h"

namespace llm {

using Json = nlohmann::json;

Question ask_openai(const Provider& provider, const Talk& talk);
Question ask_gemini(const Provider& provider, const Talk& talk);
Question ask_anthropic(const Provider& provider, const Talk& talk);
std::unique_ptr<Decoder> make_openai_decoder();
std::unique_ptr<Decoder> make_gemini_decoder();
std::unique_ptr<Decoder> make_anthropic_decoder();

// The body with the provider's extra fields merged in.
std::string body_of(Json body, const Provider& provider);

// The arguments of a call, to be shown to the model that made it.
Json input_of(const Call& call);

// Null where it is no JSON object.
Json parse_event(std::string_view data);
// Null where there is none.
const Json& at(const Json& json, std::string_view key);
const Json& first(const Json& list);
// Empty where it is no text.
std::string text(const Json& json);

Piece broken(const std::string& why);
Piece broken_by(const Json& error);

}  // namespace llm
