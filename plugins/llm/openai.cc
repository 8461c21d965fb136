// SPDX-License-Identifier: MIT
// Chat completions, as OpenAI, vLLM, llama.cpp, Ollama, Groq and others have them.
#include "wording.h"

namespace llm {

namespace {

Json calls_of(const Message& message) {
  Json calls = Json::array();
  for (const Call& call : message.calls)
    calls.push_back({{"id", call.id},
                     {"type", "function"},
                     {"function", {{"name", call.name}, {"arguments", input_of(call).dump()}}}});
  return calls;
}

void add(Json& messages, const Message& message) {
  for (const Outcome& outcome : message.outcomes)
    messages.push_back({{"role", "tool"}, {"tool_call_id", outcome.id}, {"content", outcome.text}});
  if (message.text.empty() && !message.outcomes.empty()) return;
  Json said = {{"role", message.from_user ? "user" : "assistant"}, {"content", message.text}};
  if (!message.calls.empty()) said["tool_calls"] = calls_of(message);
  messages.push_back(std::move(said));
}

Json tools_of(const Talk& talk) {
  Json tools = Json::array();
  for (const Tool& tool : *talk.tools)
    tools.push_back({{"type", "function"},
                     {"function",
                      {{"name", tool.name},
                       {"description", tool.description},
                       {"parameters", tool.parameters}}}});
  return tools;
}

}  // namespace

Question ask_openai(const Provider& provider, const Talk& talk) {
  Json messages = Json::array();
  if (!talk.prompt.empty()) messages.push_back({{"role", "system"}, {"content", talk.prompt}});
  for (const Message& message : talk.messages) add(messages, message);
  Json body = {{"model", provider.model}, {"stream", true}, {"messages", std::move(messages)}};
  if (talk.offers_tools() && talk.may_call) body["tools"] = tools_of(talk);
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
    const Json& delta = at(choice, "delta");
    piece.text = text(at(delta, "content"));
    for (const Json& part : at(delta, "tool_calls")) {
      take_part(part);
      piece.calls = true;
    }
    const std::string reason = text(at(choice, "finish_reason"));
    piece.finished = !reason.empty();
    if (reason == "content_filter") piece.error = "the model's filter took the answer";
    return piece;
  }

 private:
  // Some servers send whole calls without a number, one after another.
  void take_part(const Json& part) {
    const Json& index = at(part, "index");
    const Json& function = at(part, "function");
    const bool is_new = !at(part, "id").is_null() || !at(function, "name").is_null();
    std::size_t number = count_of_calls() - (is_new || count_of_calls() == 0 ? 0 : 1);
    if (index.is_number_unsigned()) number = index.get<std::size_t>();
    Call& written = call(number);
    if (written.id.empty()) written.id = text(at(part, "id"));
    if (written.name.empty()) written.name = text(at(function, "name"));
    const Json& arguments = at(function, "arguments");
    written.arguments += arguments.is_object() ? arguments.dump() : text(arguments);
  }
};

}  // namespace

std::unique_ptr<Decoder> make_openai_decoder() {
  return std::make_unique<OpenAi>();
}

}  // namespace llm
