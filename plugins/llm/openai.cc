// SPDX-License-Identifier: MIT
// Chat completions, as OpenAI, vLLM, llama.cpp, Ollama, Groq and others have them.
#include "wording.h"

namespace llm {

Question ask_openai(const Provider& provider, const Talk& talk) {
  Json messages = Json::array();
  if (!talk.prompt.empty()) messages.push_back({{"role", "system"}, {"content", talk.prompt}});
  for (const Message& message : talk.messages)
    messages.push_back(
        {{"role", message.from_user ? "user" : "assistant"}, {"content", message.text}});
  Json body = {{"model", provider.model}, {"stream", true}, {"messages", std::move(messages)}};
  if (provider.temperature) body["temperature"] = *provider.temperature;
  if (provider.max_tokens > 0) body["max_tokens"] = provider.max_tokens;
  Question question{provider.url + "/chat/completions", {}, body_of(std::move(body), provider)};
  if (!provider.secret.empty())
    question.headers.emplace_back("Authorization", "Bearer {secret:" + provider.secret + "}");
  return question;
}

namespace {

class OpenAi final : public Decoder {
 public:
  Piece read(std::string_view data) override {
    Piece piece;
    if (data == "[DONE]") {
      piece.finished = true;
      return piece;
    }
    const Json json = parse_event(data);
    if (json.is_null()) return broken("the model sent a line that is no JSON");
    if (const Json& error = at(json, "error"); !error.is_null()) return broken_by(error);
    const Json& choice = first(at(json, "choices"));  // none: it counts tokens
    piece.text = text(at(at(choice, "delta"), "content"));
    const std::string reason = text(at(choice, "finish_reason"));
    piece.finished = !reason.empty();
    if (reason == "content_filter") piece.error = "the model's filter took the answer";
    if (reason == "tool_calls") piece.error = "the model called a tool, and there is none";
    return piece;
  }
};

}  // namespace

std::unique_ptr<Decoder> make_openai_decoder() {
  return std::make_unique<OpenAi>();
}

}  // namespace llm
