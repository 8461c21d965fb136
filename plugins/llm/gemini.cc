// SPDX-License-Identifier: MIT
// Gemini's streamGenerateContent.
#include "wording.h"

namespace llm {

namespace {

Json parts_of(const Message& message) {
  Json parts = Json::array();
  for (const Outcome& outcome : message.outcomes)
    parts.push_back({{"functionResponse",
                      {{"name", outcome.name},
                       {"response", {{outcome.failed ? "error" : "result", outcome.text}}}}}});
  if (!message.text.empty()) parts.push_back({{"text", message.text}});
  for (const Call& call : message.calls) {
    Json part = {{"functionCall", {{"name", call.name}, {"args", input_of(call)}}}};
    if (!call.signature.empty()) part["thoughtSignature"] = call.signature;
    parts.push_back(std::move(part));
  }
  return parts;
}

Json tools_of(const Talk& talk) {
  Json functions = Json::array();
  for (const Tool& tool : *talk.tools)
    functions.push_back({{"name", tool.name},
                         {"description", tool.description},
                         {"parametersJsonSchema", tool.parameters}});
  return Json::array({{{"functionDeclarations", std::move(functions)}}});
}

}  // namespace

Question ask_gemini(const Provider& provider, const Talk& talk) {
  Json contents = Json::array();
  for (const Message& message : talk.messages)
    contents.push_back(
        {{"role", message.from_user ? "user" : "model"}, {"parts", parts_of(message)}});
  Json body = {{"contents", std::move(contents)}};
  if (!talk.prompt.empty())
    body["systemInstruction"] = {{"parts", Json::array({{{"text", talk.prompt}}})}};
  if (talk.offers_tools()) body["tools"] = tools_of(talk);
  if (talk.offers_tools() && !talk.may_call)
    body["toolConfig"] = {{"functionCallingConfig", {{"mode", "NONE"}}}};
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
      if (const Json& made = at(part, "functionCall"); made.is_object()) {
        take_call(made, text(at(part, "thoughtSignature")));
        piece.calls = true;
      }
    }
    const std::string reason = text(at(candidate, "finishReason"));
    piece.finished = !reason.empty();
    if (piece.finished && reason != "STOP" && reason != "MAX_TOKENS")
      piece.error = "the model stopped: " + reason;
    return piece;
  }

 private:
  void take_call(const Json& made, const std::string& signature) {
    Call& whole = call(count_of_calls());
    whole.id = text(at(made, "id"));
    whole.name = text(at(made, "name"));
    whole.arguments = at(made, "args").is_object() ? at(made, "args").dump() : "";
    whole.signature = signature;
  }
};

}  // namespace

std::unique_ptr<Decoder> make_gemini_decoder() {
  return std::make_unique<Gemini>();
}

}  // namespace llm
