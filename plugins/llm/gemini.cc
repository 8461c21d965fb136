// SPDX-License-Identifier: MIT
// Gemini's streamGenerateContent.
#include "wording.h"

namespace llm {

namespace {

// Signatures are of the very model that gave them: no other is shown any, nor what they stand on.
Json parts_of(const Message& message, const Provider& provider) {
  if (!message.original.empty() && message.maker == provider.key)
    return Json::parse(message.original);
  Json parts = Json::array();
  for (const Outcome& outcome : message.outcomes)
    parts.push_back({{"functionResponse",
                      {{"name", outcome.name},
                       {"response", {{outcome.failed ? "error" : "result", outcome.text}}}}}});
  if (!message.text.empty()) parts.push_back({{"text", message.text}});
  for (const Call& call : message.calls) {
    Json part = {{"functionCall", {{"name", call.name}, {"args", input_of(call)}}}};
    if (!call.signature.empty() && call.signer == provider.key)
      part["thoughtSignature"] = call.signature;
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
        {{"role", message.from_user ? "user" : "model"}, {"parts", parts_of(message, provider)}});
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
      if (at(part, "thought") == true) continue;
      keep(part);
      piece.text += text(at(part, "text"));
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

  // Where a part is signed: all of them, also those that are not known here.
  std::string original() override { return is_signed_ ? json_look(parts_) : std::string(); }
  bool needs_ids() const override { return false; }

 private:
  // A text that came in pieces is one part again.
  void keep(Json part) {
    is_signed_ = is_signed_ || part.contains("thoughtSignature");
    if (part.contains("functionCall") && part["functionCall"].is_object())
      part["functionCall"].erase("id");  // what came of a call is told by its name and place
    const auto is_plain = [](const Json& one) { return one.size() == 1 && one.contains("text"); };
    if (is_plain(part) && !parts_.empty() && is_plain(parts_.back()) && part["text"].is_string() &&
        parts_.back()["text"].is_string()) {
      parts_.back()["text"].get_ref<std::string&>() += part["text"].get_ref<const std::string&>();
    } else {
      parts_.push_back(std::move(part));
    }
  }
  void take_call(const Json& made, const std::string& signature) {
    Call& whole = call(count_of_calls());
    whole.id = text(at(made, "id"));
    whole.name = text(at(made, "name"));
    whole.arguments = at(made, "args").is_object() ? at(made, "args").dump() : "";
    whole.signature = signature;
  }

  Json parts_ = Json::array();  // of its answer, as it wrote them
  bool is_signed_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_gemini_decoder() {
  return std::make_unique<Gemini>();
}

}  // namespace llm
