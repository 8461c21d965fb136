// SPDX-License-Identifier: MIT
// Anthropic's messages.
#include <algorithm>
#include <map>

#include "blank.h"
#include "wording.h"

namespace llm {

constexpr long usual_max_tokens = 1024;  // the API wants a number; of these are no thoughts

namespace {

Json content_of(const Message& message, bool with_thoughts) {
  if (message.calls.empty() && message.outcomes.empty()) return message.text;
  if (with_thoughts && !message.original.empty()) return Json::parse(message.original);
  Json content = Json::array();
  for (const Outcome& outcome : message.outcomes)
    content.push_back({{"type", "tool_result"},
                       {"tool_use_id", outcome.id},
                       {"content", outcome.text},
                       {"is_error", outcome.failed}});
  if (!message.text.empty()) content.push_back({{"type", "text"}, {"text", message.text}});
  for (const Call& call : message.calls)
    content.push_back(
        {{"type", "tool_use"}, {"id", call.id}, {"name", call.name}, {"input", input_of(call)}});
  return content;
}

Json tools_of(const Talk& talk) {
  Json tools = Json::array();
  for (const Tool& tool : *talk.tools)
    tools.push_back({{"name", tool.name},
                     {"description", tool.description},
                     {"input_schema", tool.parameters}});
  return tools;
}

// A model that thinks wants its thoughts back with what came of its calls, just as they were; of
// another it takes none, and without any it must not think.
bool has_made_all_calls(const Provider& provider, const Talk& talk) {
  return std::all_of(talk.messages.begin(), talk.messages.end(), [&](const Message& message) {
    return message.calls.empty() || message.maker == provider.key;
  });
}

}  // namespace

Question ask_anthropic(const Provider& provider, const Talk& talk) {
  const bool thinks = has_made_all_calls(provider, talk);
  Json messages = Json::array();
  for (const Message& message : talk.messages)
    messages.push_back({{"role", message.from_user ? "user" : "assistant"},
                        {"content", content_of(message, thinks)}});
  Json body = {
      {"model", provider.model},
      {"stream", true},
      {"max_tokens", provider.max_tokens > 0 ? provider.max_tokens
                                             : usual_max_tokens + thinking_budget(provider)},
      {"messages", std::move(messages)}};
  if (!talk.prompt.empty()) body["system"] = talk.prompt;
  if (talk.offers_tools()) body["tools"] = tools_of(talk);
  if (talk.offers_tools() && !talk.may_call) body["tool_choice"] = {{"type", "none"}};
  if (provider.temperature) body["temperature"] = *provider.temperature;
  body.merge_patch(provider.extra);
  if (!thinks && body.contains("thinking")) body["thinking"] = {{"type", "disabled"}};
  Question question{
      provider.url + "/messages", {{"anthropic-version", "2023-06-01"}}, json_look(body)};
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
    if (type == "content_block_start") piece.calls = begin_call(json);
    if (type == "content_block_start") blocks_[number_of(json)] = at(json, "content_block");
    if (type == "content_block_delta") grow(blocks_[number_of(json)], delta);
    if (type == "content_block_delta" && at(delta, "partial_json").is_string())
      piece.calls = go_on_with_call(json, text(at(delta, "partial_json")));
    if (type == "message_stop") piece.finished = true;
    if (type == "message_delta") return ended(text(at(delta, "stop_reason")));
    return piece;
  }

  // Only where it has thought.
  std::string original() override {
    Json content = Json::array();
    bool has_thought = false;
    for (auto& [number, block] : blocks_) {
      const std::string type = text(at(block, "type"));
      has_thought = has_thought || type == "thinking" || type == "redacted_thinking";
      if (type == "tool_use") block["input"] = input_of(call(number));
      // A text without words it has written, but would not take.
      const bool is_blank =
          text(at(block, "text")).find_first_not_of(" \t\r\n") == std::string::npos;
      if (!type.empty() && !(type == "text" && is_blank)) content.push_back(block);
    }
    return has_thought ? json_look(content) : std::string();
  }

 private:
  static void grow(Json& block, const Json& delta) {
    if (!block.is_object()) return;
    for (const char* part : {"text", "thinking", "signature"})
      if (const Json& more = at(delta, part); more.is_string()) {
        Json& whole = block[part];
        if (!whole.is_string()) whole = "";
        whole.get_ref<std::string&>() += more.get_ref<const std::string&>();
      }
  }

  static std::size_t number_of(const Json& event) {
    const Json& index = at(event, "index");
    return index.is_number_unsigned() ? index.get<std::size_t>() : 0;
  }

  bool begin_call(const Json& event) {
    const Json& block = at(event, "content_block");
    if (text(at(block, "type")) != "tool_use") return false;
    Call& begun = call(number_of(event));
    begun.id = text(at(block, "id"));
    begun.name = text(at(block, "name"));
    // Usually empty, and to come in pieces.
    const Json& input = at(block, "input");
    if (input.is_object() && !input.empty()) begun.arguments = input.dump();
    return true;
  }

  bool go_on_with_call(const Json& event, const std::string& json) {
    call(number_of(event)).arguments += json;
    return true;
  }

  static Piece ended(const std::string& reason) {
    if (reason == "refusal") return broken("the model refused to answer");
    Piece piece;
    piece.finished = !reason.empty();
    return piece;
  }

  std::map<std::size_t, Json> blocks_;  // of its answer, as it wrote them
};

}  // namespace

std::unique_ptr<Decoder> make_anthropic_decoder() {
  return std::make_unique<Anthropic>();
}

}  // namespace llm
