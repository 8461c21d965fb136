// SPDX-License-Identifier: MIT
#include "state/standing.h"

#include <algorithm>

#include "codec/json_fields.h"

namespace patchbay {
namespace {

using Json = JsonFields;

constexpr std::string_view topic = "its plugins";

std::string file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

// --- to JSON

Json json_of(const Error& error) {
  return {{"code", error.code}, {"message", error.message}, {"hint", error.hint}};
}

Json json_of(const GenerationStanding& generation) {
  return {{"number", generation.number},           {"state", generation.state},
          {"version", generation.version},         {"digest", generation.digest},
          {"age_ms", generation.age.count()},      {"leases", generation.leases},
          {"waiting_for", generation.waiting_for}, {"turns", generation.turns},
          {"failures", generation.failures}};
}

Json json_of(const Refusal& refusal) {
  return {{"version", refusal.version},
          {"digest", refusal.digest},
          {"ago_ms", refusal.ago.count()},
          {"error", json_of(refusal.why)}};
}

Json json_of(const PluginStanding& plugin) {
  Json generations = Json::array();
  for (const GenerationStanding& generation : plugin.generations)
    generations.push_back(json_of(generation));
  return {{"file", plugin.file},
          {"plugin_id", plugin.plugin_id},
          {"agents", plugin.agents},
          {"unloaded", plugin.unloaded},
          {"doing", plugin.doing},
          {"generations", std::move(generations)},
          {"refused", plugin.refused ? json_of(*plugin.refused) : Json()}};
}

// --- from JSON

Error error_in(const Json& json) {
  Error out;
  take(json, "code", out.code);
  take(json, "message", out.message);
  take(json, "hint", out.hint);
  return out;
}

GenerationStanding generation_in(const Json& json) {
  GenerationStanding out;
  take(json, "number", out.number);
  take(json, "state", out.state);
  take(json, "version", out.version);
  take(json, "digest", out.digest);
  take(json, "age_ms", out.age);
  take(json, "leases", out.leases);
  take(json, "waiting_for", out.waiting_for);
  take(json, "turns", out.turns);
  take(json, "failures", out.failures);
  return out;
}

Refusal refusal_in(const Json& json) {
  Refusal out;
  take(json, "version", out.version);
  take(json, "digest", out.digest);
  take(json, "ago_ms", out.ago);
  out.why = error_in(json.value("error", Json::object()));
  return out;
}

PluginStanding plugin_in(const Json& json) {
  PluginStanding out;
  take(json, "file", out.file);
  take(json, "plugin_id", out.plugin_id);
  take(json, "agents", out.agents);
  take(json, "unloaded", out.unloaded);
  take(json, "doing", out.doing);
  for (const Json& generation : list_in(json, "generations"))
    out.generations.push_back(generation_in(generation));
  const auto refused = json.find("refused");
  if (refused != json.end() && refused->is_object()) out.refused = refusal_in(*refused);
  return out;
}

}  // namespace

const PluginStanding* find_plugin(const Standing& standing, std::string_view agent_or_file) {
  const std::string name = file_name(agent_or_file);
  const PluginStanding* same_name = nullptr;
  std::size_t of_that_name = 0;
  for (const PluginStanding& plugin : standing.plugins) {
    const auto has = [&](const std::vector<std::string>& names) {
      return std::find(names.begin(), names.end(), agent_or_file) != names.end();
    };
    if (plugin.file == agent_or_file || has(plugin.agents) || has(plugin.unloaded)) return &plugin;
    if (file_name(plugin.file) != name) continue;
    same_name = &plugin;
    ++of_that_name;
  }
  return of_that_name == 1 ? same_name : nullptr;
}

const GenerationStanding* serving(const PluginStanding& plugin) {
  const auto serves = [](const GenerationStanding& generation) {
    return generation.state == "current" || generation.state == "probation";
  };
  const auto found = std::find_if(plugin.generations.begin(), plugin.generations.end(), serves);
  return found == plugin.generations.end() ? nullptr : &*found;
}

std::string encode_standing(const Standing& standing) {
  Json plugins = Json::array();
  for (const PluginStanding& plugin : standing.plugins) plugins.push_back(json_of(plugin));
  return text_of({{"up_ms", standing.up.count()},
                  {"turns_open", standing.turns_open},
                  {"draining", standing.draining},
                  {"default_agent", standing.default_agent},
                  {"plugins", std::move(plugins)}});
}

std::string encode_granted(const Granted& granted) {
  return text_of({{"plugin", granted.plugin ? json_of(*granted.plugin) : Json()},
                  {"warning", granted.warning ? json_of(*granted.warning) : Json()}});
}

Result<Standing> decode_standing(std::string_view json) {
  return read_fields<Standing>(json, topic, [](const Json& document, Standing& out) {
    take(document, "up_ms", out.up);
    take(document, "turns_open", out.turns_open);
    take(document, "draining", out.draining);
    take(document, "default_agent", out.default_agent);
    for (const Json& plugin : list_in(document, "plugins"))
      out.plugins.push_back(plugin_in(plugin));
  });
}

Result<Granted> decode_granted(std::string_view json) {
  return read_fields<Granted>(json, topic, [](const Json& document, Granted& out) {
    const Json plugin = document.value("plugin", Json());
    const Json warning = document.value("warning", Json());
    if (plugin.is_object()) out.plugin = plugin_in(plugin);
    if (warning.is_object()) out.warning = error_in(warning);
  });
}

}  // namespace patchbay
