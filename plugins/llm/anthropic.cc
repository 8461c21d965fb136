// SPDX-License-Identifier: MIT
// Anthropic's messages.
#include "wording.h"

namespace llm {

constexpr int usual_max_tokens = 1024;  // the API wants a number

Question ask_anthropic(const Provider& provider, const Talk& talk) {
  Json messages = Json::array();
  for (const Message& message : talk.messages)
    messages.push_back(
        {{"role", message.from_user ? "user" : "assistant"}, {"content", message.text}});
  Json body = {{"model", provider.model},
               {"stream", true},
               {"max_tokens", provider.max_tokens > 0 ? provider.max_tokens : usual_max_tokens},
               {"messages", std::move(messages)}};
  if (!talk.prompt.empty()) body["system"] = talk.prompt;
  if (provider.temperature) body["temperature"] = *provider.temperature;
  Question question{provider.url + "/messages",
                    {{"anthropic-version", "2023-06-01"}},
                    body_of(std::move(body), provider)};
  if (!provider.secret.empty())
    question.headers.emplace_back("x-api-key", "{secret:" + provider.secret + "}");
  return question;
}

namespace {

class Anthropic final : public Decoder {
 public:
  Piece read(std::string_view data) override {
    const Json json = parse_event(data);
    if (json.is_null()) return broken("the model sent a line that is no JSON");
    const std::string type = text(at(json, "type"));
    const Json& delta = at(json, "delta");
    if (type == "error") return broken_by(at(json, "error"));
    Piece piece;
    if (type == "content_block_delta") piece.text = text(at(delta, "text"));
    if (type == "message_stop") piece.finished = true;
    if (type == "message_delta") return ended(text(at(delta, "stop_reason")));
    return piece;
  }

 private:
  static Piece ended(const std::string& reason) {
    if (reason == "refusal") return broken("the model refused to answer");
    if (reason == "tool_use") return broken("the model called a tool, and there is none");
    Piece piece;
    piece.finished = !reason.empty();
    return piece;
  }
};

}  // namespace

std::unique_ptr<Decoder> make_anthropic_decoder() {
  return std::make_unique<Anthropic>();
}

}  // namespace llm
