// SPDX-License-Identifier: MIT
#include "dialect.h"

#include <nlohmann/json.hpp>

namespace model {
namespace {

using Json = nlohmann::json;

std::string written(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}
std::string event(const Json& json) {
  return "data: " + written(json) + "\n\n";
}

// In two halves, as models stream the arguments of a call.
std::pair<std::string, std::string> halves(const std::string& text) {
  return {text.substr(0, text.size() / 2), text.substr(text.size() / 2)};
}

class OpenAi final : public Dialect {
 public:
  std::string begin() const override { return chunk({{"role", "assistant"}, {"content", ""}}); }
  std::string piece(std::string_view text) const override { return chunk({{"content", text}}); }
  std::string error() const override {
    return event({{"error", {{"message", "the scripted model broke"}, {"type", "server_error"}}}});
  }
  std::vector<std::string> tool(const ToolCall& call, std::size_t number) const override {
    const auto [front, back] = halves(call.arguments);
    const auto part = [&](Json&& fields) {
      fields["index"] = number;
      return chunk({{"tool_calls", Json::array({std::move(fields)})}});
    };
    return {part({{"id", "call_" + std::to_string(number)},
                  {"type", "function"},
                  {"function", {{"name", call.name}, {"arguments", ""}}}}),
            part({{"function", {{"arguments", front}}}}),
            part({{"function", {{"arguments", back}}}})};
  }
  std::string finish(std::string_view reason, bool called_tools) const override {
    const std::string_view name = called_tools         ? "tool_calls"
                                  : reason == "filter" ? "content_filter"
                                                       : reason;
    return chunk(Json::object(), std::string(name)) + "data: [DONE]\n\n";
  }
  std::string refusal(int status) const override {
    return written({{"error", {{"message", "scripted"}, {"code", status}}}});
  }

 private:
  static std::string chunk(const Json& delta, const Json& finish = nullptr) {
    return event(
        {{"id", "chatcmpl-scripted"},
         {"object", "chat.completion.chunk"},
         {"choices", Json::array({{{"index", 0}, {"delta", delta}, {"finish_reason", finish}}})}});
  }
};

class Gemini final : public Dialect {
 public:
  std::string begin() const override {
    return candidate({{"role", "model"}, {"parts", parts("")}});
  }
  std::string piece(std::string_view text) const override {
    return candidate({{"role", "model"}, {"parts", parts(text)}});
  }
  std::string error() const override {
    return event({{"error", {{"code", 503}, {"message", "scripted"}, {"status", "UNAVAILABLE"}}}});
  }
  std::vector<std::string> tool(const ToolCall& call, std::size_t) const override {
    const Json args = Json::parse(call.arguments, nullptr, false);
    return {candidate(
        {{"role", "model"},
         {"parts", Json::array({{{"functionCall", {{"name", call.name}, {"args", args}}}}})}})};
  }
  std::string finish(std::string_view reason, bool) const override {
    const char* name = reason == "stop" ? "STOP" : reason == "length" ? "MAX_TOKENS" : "SAFETY";
    return event({{"candidates",
                   Json::array({{{"content", {{"parts", parts("")}}}, {"finishReason", name}}})},
                  {"usageMetadata", {{"totalTokenCount", 1}}}});
  }
  std::string refusal(int status) const override {
    return written({{"error", {{"code", status}, {"message", "scripted"}}}});
  }

 private:
  static Json parts(std::string_view text) { return Json::array({{{"text", text}}}); }
  static std::string candidate(const Json& content) {
    return event({{"candidates", Json::array({{{"content", content}, {"index", 0}}})}});
  }
};

class Anthropic final : public Dialect {
 public:
  std::string begin() const override {
    return typed("message_start",
                 {{"message", {{"role", "assistant"}, {"content", Json::array()}}}}) +
           typed("content_block_start",
                 {{"index", 0}, {"content_block", {{"type", "text"}, {"text", ""}}}});
  }
  std::string piece(std::string_view text) const override {
    return typed("content_block_delta",
                 {{"index", 0}, {"delta", {{"type", "text_delta"}, {"text", text}}}});
  }
  std::string keep_alive() const override { return typed("ping", Json::object()); }
  std::string error() const override {
    return typed("error", {{"error", {{"type", "overloaded_error"}, {"message", "scripted"}}}});
  }
  std::vector<std::string> tool(const ToolCall& call, std::size_t number) const override {
    const auto [front, back] = halves(call.arguments);
    const auto part = [&](const std::string& json) {
      return typed("content_block_delta",
                   {{"index", number + 1},
                    {"delta", {{"type", "input_json_delta"}, {"partial_json", json}}}});
    };
    return {typed("content_block_start", {{"index", number + 1},
                                          {"content_block",
                                           {{"type", "tool_use"},
                                            {"id", "toolu_" + std::to_string(number)},
                                            {"name", call.name},
                                            {"input", Json::object()}}}}),
            part(front), part(back), typed("content_block_stop", {{"index", number + 1}})};
  }
  std::string finish(std::string_view reason, bool called_tools) const override {
    const char* name = called_tools         ? "tool_use"
                       : reason == "stop"   ? "end_turn"
                       : reason == "length" ? "max_tokens"
                                            : "refusal";
    return typed("content_block_stop", {{"index", 0}}) +
           typed("message_delta", {{"delta", {{"stop_reason", name}}}}) +
           typed("message_stop", Json::object());
  }
  std::string refusal(int status) const override {
    return written(
        {{"type", "error"},
         {"error",
          {{"type", status == 429 ? "rate_limit_error" : "api_error"}, {"message", "scripted"}}}});
  }

 private:
  static std::string typed(const std::string& type, Json fields) {
    fields["type"] = type;
    return "event: " + type + "\n" + event(fields);
  }
};

enum class Kind { none, openai, gemini, anthropic };

Kind kind_of(std::string_view path) {
  path = path.substr(0, path.find('?'));
  if (path.ends_with("/chat/completions")) return Kind::openai;
  if (path.ends_with(":streamGenerateContent")) return Kind::gemini;
  return path.ends_with("/messages") ? Kind::anthropic : Kind::none;
}

// Content is text, or a list of parts of which some have text.
std::string text_of(const Json& content) {
  if (content.is_string()) return content.get<std::string>();
  std::string text;
  if (!content.is_array()) return text;
  for (const Json& part : content)
    if (part.is_object() && part.contains("text")) text += part.value("text", "");
  return text;
}

bool is_part(const Json& part, const char* key, const char* type) {
  return part.is_object() && (part.contains(key) || part.value("type", "") == type);
}

bool calls_tools(const Json& message, const Json& parts) {
  if (message.contains("tool_calls")) return true;
  for (const Json& part : parts)
    if (is_part(part, "functionCall", "tool_use")) return true;
  return false;
}

// What came of calls, in one message. OpenAI's has one each.
std::vector<std::string> results_in(const std::string& role, const Json& parts) {
  if (role == "tool") return {text_of(parts)};
  std::vector<std::string> results;
  for (const Json& part : parts) {
    if (!is_part(part, "functionResponse", "tool_result")) continue;
    const Json response = part.value("functionResponse", Json::object()).value("response", Json());
    for (const Json& text : response) results.push_back(text_of(text));
    if (response.is_null()) results.push_back(text_of(part.value("content", Json())));
  }
  return results;
}

bool offers_tools(const Json& body) {
  const bool none = body.value("tool_choice", Json()) == Json({{"type", "none"}}) ||
                    body.value("tool_choice", Json()) == "none" || body.contains("toolConfig");
  return !none && !body.value("tools", Json::array()).empty();
}

void add_system(const Json& system, Asked& out) {
  if (const std::string text = text_of(system); !text.empty())
    out.messages.push_back({"system", text});
}

void read_messages(const Json& messages, const char* content, Asked& out) {
  for (const Json& message : messages) {
    const std::string role = message.value("role", "");
    const Json parts = message.value(content, Json());
    const std::string text = text_of(parts);
    const std::vector<std::string> results = results_in(role, parts);
    if (calls_tools(message, parts)) ++out.rounds, out.results.clear();
    out.results.insert(out.results.end(), results.begin(), results.end());
    // What stands in parentheses the user has not said.
    if (role == "user" && results.empty() && text.rfind('(', 0) != 0)
      out.rounds = 0, out.results.clear();
    out.messages.push_back({role, text});
  }
}

}  // namespace

std::unique_ptr<Dialect> dialect_of(std::string_view path) {
  switch (kind_of(path)) {
    case Kind::openai:
      return std::make_unique<OpenAi>();
    case Kind::gemini:
      return std::make_unique<Gemini>();
    case Kind::anthropic:
      return std::make_unique<Anthropic>();
    case Kind::none:
      break;
  }
  return nullptr;
}

std::optional<Asked> read_request(std::string_view path, std::string_view body) {
  try {
    const Json json = Json::parse(body);
    Asked asked;
    asked.offers_tools = offers_tools(json);
    if (kind_of(path) == Kind::gemini) {
      const std::size_t end = path.rfind(':'), begin = path.rfind('/', end) + 1;
      asked.model = path.substr(begin, end - begin);
      if (json.contains("systemInstruction"))
        add_system(json["systemInstruction"].value("parts", Json()), asked);
      read_messages(json.at("contents"), "parts", asked);
    } else {
      asked.model = json.at("model").get<std::string>();
      add_system(json.value("system", Json()), asked);
      read_messages(json.at("messages"), "content", asked);
    }
    return asked;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace model
