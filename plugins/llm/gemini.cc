// SPDX-License-Identifier: MIT
// Gemini's streamGenerateContent.
#include "wording.h"

namespace llm {

Question ask_gemini(const Provider& provider, const Talk& talk) {
  const auto parts = [](const std::string& words) { return Json::array({{{"text", words}}}); };
  Json contents = Json::array();
  for (const Message& message : talk.messages)
    contents.push_back(
        {{"role", message.from_user ? "user" : "model"}, {"parts", parts(message.text)}});
  Json body = {{"contents", std::move(contents)}};
  if (!talk.prompt.empty()) body["systemInstruction"] = {{"parts", parts(talk.prompt)}};
  if (provider.temperature) body["generationConfig"]["temperature"] = *provider.temperature;
  if (provider.max_tokens > 0) body["generationConfig"]["maxOutputTokens"] = provider.max_tokens;
  Question question{provider.url + "/models/" + provider.model + ":streamGenerateContent?alt=sse",
                    {},
                    body_of(std::move(body), provider)};
  if (!provider.secret.empty())
    question.headers.emplace_back("x-goog-api-key", "{secret:" + provider.secret + "}");
  return question;
}

namespace {

class Gemini final : public Decoder {
 public:
  Piece read(std::string_view data) override {
    const Json json = parse_event(data);
    if (json.is_null()) return broken("the model sent a line that is no JSON");
    if (const Json& error = at(json, "error"); !error.is_null()) return broken_by(error);
    if (const auto why = text(at(at(json, "promptFeedback"), "blockReason")); !why.empty())
      return broken("the model's filter refused the question: " + why);

    Piece piece;
    const Json& candidate = first(at(json, "candidates"));
    for (const Json& part : at(at(candidate, "content"), "parts")) {
      if (at(part, "thought") != true) piece.text += text(at(part, "text"));
      if (part.contains("functionCall")) piece.error = "the model called a tool, and there is none";
    }
    const std::string reason = text(at(candidate, "finishReason"));
    piece.finished = !reason.empty();
    if (piece.finished && reason != "STOP" && reason != "MAX_TOKENS")
      piece.error = "the model stopped: " + reason;
    return piece;
  }
};

}  // namespace

std::unique_ptr<Decoder> make_gemini_decoder() {
  return std::make_unique<Gemini>();
}

}  // namespace llm
