// SPDX-License-Identifier: MIT
#include "settings.h"

#include "table.h"

namespace llm {
namespace {

using Json = nlohmann::json;

constexpr std::string_view plain_prompt =
    "You are on a phone call. Answer in one to three short sentences, as one speaks: no lists, no "
    "markup, no emoji.";

bool starts_with(std::string_view text, std::string_view front) {
  return text.substr(0, front.size()) == front;
}

Kind read_kind(const Table& table) {
  const std::string kind = table.needed("kind", R"("openai")");
  if (kind == "openai") return Kind::openai;
  if (kind == "gemini") return Kind::gemini;
  if (kind == "anthropic") return Kind::anthropic;
  refuse(table.path("kind"), R"(wants "openai", "gemini" or "anthropic")");
}

const char* usual_url(Kind kind) {
  switch (kind) {
    case Kind::gemini:
      return R"("https://generativelanguage.googleapis.com/v1beta")";
    case Kind::anthropic:
      return R"("https://api.anthropic.com/v1")";
    case Kind::openai:
      break;
  }
  return R"("https://api.openai.com/v1")";
}

std::string read_url(const Table& table, Kind kind) {
  std::string url = table.needed("url", usual_url(kind));
  if (!starts_with(url, "https://") && !starts_with(url, "http://"))
    refuse(table.path("url"), std::string("wants a URL, eg: ") + usual_url(kind));
  while (url.back() == '/') url.pop_back();
  return url;
}

// Only a server without TLS, on this machine or nearby, is taken to need no key.
std::string read_secret(const Table& table, std::string_view url) {
  if (table.find("secret") == nullptr && starts_with(url, "https://"))
    refuse(table.path("secret"),
           "is missing: the name of a key in [agents.NAME.http.secrets], or \"\" for none");
  return table.text("secret");
}

std::optional<double> read_temperature(const Table& table) {
  const Json* value = table.find("temperature");
  if (value == nullptr) return std::nullopt;
  if (!value->is_number() || *value < 0 || *value > 2)
    refuse(table.path("temperature"), "wants a number from 0 to 2");
  return value->get<double>();
}

Json read_extra(const Table& table) {
  const Json* value = table.find("extra");
  if (value == nullptr) return Json::object();
  if (!value->is_object()) refuse(table.path("extra"), "wants a table");
  return *value;
}

// What Anthropic refuses of a model that thinks, in each turn: to be known before a caller is
// there.
void check_thinking(const Table& table, const Provider& provider) {
  const long budget = thinking_budget(provider);
  if (budget == 0) return;
  Json asked = {{"temperature", provider.temperature.value_or(1)},
                {"max_tokens", provider.max_tokens}};
  asked.merge_patch(provider.extra);
  if (asked["temperature"] != 1)
    refuse(table.path("temperature"),
           "cannot go with extra.thinking: leave it out, or switch "
           "thinking off");
  if (asked["max_tokens"].is_number() && asked["max_tokens"] > 0 && asked["max_tokens"] <= budget)
    refuse(table.path("max_tokens"),
           "wants more than extra.thinking.budget_tokens, which is part of it: more than " +
               std::to_string(budget) + ", or leave it out");
}

Provider read_provider(const Json& json, std::string key) {
  const Table table(json, key);
  Provider provider;
  provider.key = std::move(key);
  provider.kind = read_kind(table);
  provider.url = read_url(table, provider.kind);
  provider.model = table.needed("model", R"("gpt-4o-mini")");
  provider.secret = read_secret(table, provider.url);
  provider.temperature = read_temperature(table);
  provider.max_tokens = static_cast<int>(table.number("max_tokens", 0, 1, 1'000'000));
  provider.extra = read_extra(table);
  check_thinking(table, provider);
  provider.first_word = Ms(table.number("first_word_ms", provider.first_word.count(), 1, 600'000));
  provider.between_words =
      Ms(table.number("between_words_ms", provider.between_words.count(), 1, 600'000));
  return provider;
}

void read_prompt(const Table& top, Settings& out) {
  out.prompt_file = top.text("prompt_file");
  if (!out.prompt_file.empty() && top.find("prompt") != nullptr)
    refuse("prompt_file", "and prompt: only one of them can be the prompt");
  out.prompt = top.text("prompt", std::string(plain_prompt));
}

}  // namespace

long thinking_budget(const Provider& provider) {
  if (provider.kind != Kind::anthropic) return 0;
  const auto thinking = provider.extra.find("thinking");
  if (thinking == provider.extra.end() || !thinking->is_object()) return 0;
  const auto budget = thinking->find("budget_tokens");
  const bool thinks = thinking->value("type", Json()) == "enabled" && budget != thinking->end() &&
                      budget->is_number_integer() && *budget > 0;
  return thinks ? budget->get<long>() : 0;
}

Settings read_settings(std::string_view config) {
  const Json json = Json::parse(config, nullptr, false);
  const Table top(json, "");
  Settings settings;
  if (const Json* providers = top.find("providers")) {
    if (!providers->is_array() || providers->empty())
      refuse("providers", "wants a list of at least one table");
    for (const Json& provider : *providers) {
      const std::string number = std::to_string(settings.providers.size());
      settings.providers.push_back(read_provider(provider, "providers[" + number + "]"));
    }
  }
  read_prompt(top, settings);
  settings.welcome = top.text("welcome");
  settings.history_tokens =
      static_cast<std::size_t>(top.number("history_tokens", 4000, 100, 1'000'000));
  settings.ear = top.flag("ear", true);
  settings.hedge = Ms(top.number("hedge_ms", 0, 0, 600'000));
  settings.tools = read_tools(top);
  settings.mcp = read_mcp(top);
  settings.max_rounds = static_cast<int>(top.number("max_rounds", settings.max_rounds, 1, 20));
  return settings;
}

}  // namespace llm
