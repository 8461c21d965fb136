// SPDX-License-Identifier: MIT
#include "codec/config.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "codec/address.h"
#include "codec/may_call.h"
#include "codec/table_reader.h"
#include "codec/toml_document.h"
#include "ground/text.h"

namespace patchbay {
namespace {

using std::chrono::hours;

constexpr std::size_t longest_language = 35;  // bytes, see RFC 5646, 4.4.1
constexpr std::size_t kib = 1024, mib = 1024 * kib;

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool has_no_space(std::string_view text) {
  return !has_control(text) && text.find(' ') == std::string_view::npos;
}

bool is_path(std::string_view text) {
  return !text.empty() && !has_control(text);
}

bool is_listen_address(std::string_view text) {
  return bool(parse_address(text));
}

// What stands after "http://" or "https://"; empty where neither does.
std::string_view after_scheme(std::string_view url) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (url.starts_with(scheme)) return url.substr(scheme.size());
  }
  return {};
}

bool is_upstream(std::string_view url) {
  const auto rest = after_scheme(url);
  return !rest.empty() && rest.front() != '/' && has_no_space(rest) &&
         rest.find_first_of("?#@") == std::string_view::npos;
}

// As browsers send it in the header Origin: no path, no slash at the end. Pages of apps have
// schemes of their own, eg: "capacitor://localhost".
bool is_origin(std::string_view text) {
  const auto scheme = text.find("://");
  if (scheme == 0 || scheme == std::string_view::npos) return text == "*";
  const auto host = text.substr(scheme + 3);
  return !host.empty() && has_no_space(text) &&
         host.find_first_of("/?#@*,") == std::string_view::npos;
}

bool is_plugin(std::string_view text) {
  if (text.find('/') != std::string_view::npos) return is_path(text);
  return is_plain_name(text) && !text.ends_with(".so");
}

bool is_spoken(std::string_view text) {
  return text.size() <= 4 * kib;
}

constexpr TextForm listen_form = {is_listen_address,
                                  "HOST:PORT, eg: \"127.0.0.1:8080\" or \"*:8080\""};
bool is_store(std::string_view url) {
  return is_store_url(url) || decode_secret_ref(url);
}
// Passwords of proxies stand in the environment, not in this file.
bool is_proxy(std::string_view text) {
  return text == "environment" || text == "off" || bool(parse_url(text));
}
constexpr TextForm proxy_form = {
    is_proxy, "\"environment\", \"off\", or a URL, eg: \"http://proxy.example.com:3128\""};
constexpr TextForm path_form = {is_path, "a path"};
constexpr TextForm socket_form = {is_path, "a path, or \"off\""};
constexpr TextForm store_form = {
    is_store,
    "\"memory\", \"sqlite:PATH\", \"redis://HOST:PORT/0\", or \"env:NAME\" or \"file:PATH\" "
    "where that is, as it may hold a password"};
constexpr TextForm prefix_form = {is_path, "the beginning of every key, eg: \"patchbay:\""};
constexpr TextForm agent_form = {is_plain_name, "the name of an agent, eg: \"bakery\""};
constexpr TextForm plugin_form = {
    is_plugin, "the name of a file in the plugin directory without its .so, or a path with a '/'"};
constexpr TextForm spoken_form = {is_spoken, "a line to say, at most 4KiB of text"};
constexpr TextForm upstream_form = {is_upstream, "a URL, eg: \"https://api.layercode.com/v1\""};
// A language tag, eg: "de", "de-AT"; '_' is often written for '-'.
bool is_language(std::string_view tag) {
  const auto belongs = [](char c) {
    return is_upper(c) || is_lower(c) || is_digit(c) || c == '-' || c == '_';
  };
  return !tag.empty() && tag.size() <= longest_language && tag.front() != '-' &&
         std::all_of(tag.begin(), tag.end(), belongs);
}

constexpr std::string_view origin_wanted =
    "\"*\", or origins without a path, eg: \"https://app.example.com\"";

constexpr std::array<std::string_view, 5> log_levels = {"trace", "debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 3> duplicates = {"answer", "refuse", "run"};
constexpr std::array<std::string_view, 2> pins = {"turn", "conversation"};
constexpr std::array<std::string_view, 2> log_formats = {"text", "json"};

void read_server(TableReader server, Config& out) {
  constexpr Range<Milliseconds> patience = {Milliseconds(1), hours(1)};
  server.text("listen", out.listen, listen_form);
  server.count("reactors", out.reactors, {0, 1024});
  server.count("max_connections", out.max_connections, {1, 1'000'000});
  server.count("max_turns", out.max_turns, {1, 1'000'000});
  server.count("max_workers", out.max_workers, {1, 100'000});
  server.size("max_head", out.http.head, {kib, mib});
  server.count("max_header_lines", out.http.header_lines, {1, 10'000});
  server.size("max_body", out.http.body, {kib, 1024 * mib});
  server.size("max_bodies", out.max_bodies, {kib, 1024 * 1024 * mib});
  server.duration("request_timeout", out.request_timeout, patience);
  server.duration("idle_timeout", out.idle_timeout, patience);
  server.duration("drain_timeout", out.drain_timeout, {Milliseconds(0), hours(24)});
  server.size("stream_buffer", out.stream_buffer, {kib, 64 * mib});
  server.flag("metrics", out.metrics);
  server.finish();
}

void read_tls(TableReader tls, TlsFiles& out) {
  tls.text("certificate", out.certificate, path_form);
  tls.text("key", out.key, path_form);
  const auto alone = [&](std::string_view given, std::string_view missing) {
    const TomlValue* const value = tls.find(given);
    if (value != nullptr && tls.find(missing) == nullptr)
      tls.refuse(given, value->place, "is given without tls." + std::string(missing),
                 "TLS takes both: a certificate and its key");
  };
  alone("certificate", "key");
  alone("key", "certificate");
  tls.finish();
}

void read_plugins(TableReader plugins, Config& out) {
  plugins.text("directory", out.plugin_directory, path_form);
  plugins.flag("allow_pinned", out.allow_pinned);
  plugins.flag("watch", out.watch);
  plugins.flag("probe", out.probe);
  plugins.duration("probe_timeout", out.probe_timeout, {Milliseconds(100), hours(1)});
  plugins.duration("probation", out.probation, {Milliseconds(0), hours(24)});
  plugins.duration("reload_drain", out.reload_drain, {Milliseconds(0), hours(24)});
  plugins.duration("pin_timeout", out.pin_timeout, {Milliseconds(0), hours(24)});
  plugins.finish();
}

void read_fillers(TableReader& table, std::vector<std::string>& out) {
  const auto fillers = table.texts("fillers");
  if (!fillers.empty()) out.clear();
  for (const auto* filler : fillers) {
    if (!is_spoken(filler->text) || filler->text.empty())
      table.refuse("fillers", filler->place, "wants lines to say, each at most 4KiB of text");
    out.push_back(filler->text);
  }
}

void read_duplicates(TableReader& webhook, Config& out) {
  std::string wanted = "answer";
  webhook.one_of("duplicates", wanted, duplicates);
  if (wanted == "refuse") out.duplicates = Duplicates::refuse;
  if (wanted == "run") out.duplicates = Duplicates::run;
  webhook.duration("replay_window", out.replay_window, {Milliseconds(0), hours(24)});
  webhook.size("replay_memory", out.replay_memory, {0, 16 * 1024 * mib});
  webhook.flag("replay_protection", out.replay_protection);
}

void read_webhook(TableReader webhook, Config& out) {
  if (auto secrets = read_secrets(webhook, "secrets"); !secrets.empty())
    out.secrets = std::move(secrets);
  webhook.text("agent", out.default_agent, agent_form);
  webhook.text("fallback", out.default_fallback, spoken_form);
  webhook.duration("first_say", out.default_first_say, {Milliseconds(0), hours(1)});
  read_fillers(webhook, out.default_fillers);
  read_duplicates(webhook, out);
  webhook.flag("send_hangup", out.send_hangup);
  webhook.finish();
}

// What is sent along with every session that the page itself does not say.
void check_authorize_defaults(TableReader defaults) {
  defaults.table("custom_metadata");
  defaults.table("config");
  auto headers = defaults.table("custom_headers");
  for (const auto& header : headers.entries()) {
    if (header.value.kind == TomlKind::text) continue;
    headers.refuse(is_plain_name(header.key) ? header.key : "a header", header.value.place,
                   "wants text; this is " + std::string(kind_name(header.value.kind)));
  }
  defaults.finish();
}

void read_origins(TableReader& authorize, std::vector<std::string>& out) {
  constexpr std::string_view key = "allow_origins";
  const auto origins = authorize.texts(key);
  if (!origins.empty()) out.clear();
  for (const auto* origin : origins) {
    if (!is_origin(origin->text)) {
      authorize.refuse(key, origin->place, "wants " + std::string(origin_wanted));
    }
    out.push_back(origin->text);
  }
}

void read_authorize(TableReader authorize, Config& out) {
  authorize.flag("enabled", out.authorize);
  if (auto api_key = read_secret(authorize, "api_key")) out.api_key = *std::move(api_key);
  authorize.text("upstream", out.upstream, upstream_form);
  while (out.upstream.ends_with('/')) out.upstream.pop_back();
  read_origins(authorize, out.allow_origins);
  authorize.duration("timeout", out.upstream_timeout, {Milliseconds(1), hours(1)});
  auto defaults = authorize.table("defaults");
  check_authorize_defaults(defaults);
  defaults.json(out.authorize_defaults);
  authorize.finish();
}

void read_store(TableReader store, Config& out) {
  constexpr auto longest = Milliseconds{366LL * 24 * 3'600'000};
  store.text("url", out.store, store_form);
  store.duration("keep", out.keep, {Milliseconds(60'000), longest});
  store.duration("keep_after_end", out.keep_after_end, {Milliseconds(60'000), longest});
  store.duration("timeout", out.store_timeout, {Milliseconds(10), Milliseconds(10'000)});
  store.flag("survives_power_cut", out.survives_power_cut);
  store.text("prefix", out.store_prefix, prefix_form);
  store.finish();
}

void read_http(TableReader http, Config& out) {
  http.text("ca_file", out.http_ca_file, path_form);
  http.text("proxy", out.http_proxy, proxy_form);
  http.finish();
}

void read_admin(TableReader admin, Config& out) {
  admin.text("socket", out.admin_socket, socket_form);
  admin.finish();
}

void read_log(TableReader log, Config& out) {
  log.one_of("level", out.log_level, log_levels);
  log.one_of("format", out.log_format, log_formats);
  log.flag("redact", out.log_redact);
  log.finish();
}

void read_lines(TableReader lines, std::map<std::string, SpokenLines>& out) {
  for (const auto& entry : lines.entries()) {
    if (!is_language(entry.key)) {
      lines.refuse("a language", entry.place, "is written like \"de\" or \"de-AT\"");
      continue;
    }
    TableReader table = lines.table(entry.key);
    SpokenLines& wanted = out[language_key(entry.key)];
    table.text("fallback", wanted.fallback, spoken_form);
    read_fillers(table, wanted.fillers);
    table.finish();
  }
  lines.finish();
}

AgentConfig read_agent(TableReader table, const std::string& name, const Config& defaults) {
  AgentConfig agent;
  agent.name = agent.plugin = name;
  agent.fallback = defaults.default_fallback;
  agent.first_say = defaults.default_first_say;
  agent.fillers = defaults.default_fillers;
  table.text("plugin", agent.plugin, plugin_form);
  table.text("agent", agent.agent_id, agent_form);
  table.table("config").json(agent.config_json);
  agent.secrets = read_secrets(table, "secrets");
  table.duration("turn_timeout", agent.turn_timeout, {Milliseconds(1), hours(1)});
  table.text("fallback", agent.fallback, spoken_form);
  table.duration("first_say", agent.first_say, {Milliseconds(0), hours(1)});
  read_fillers(table, agent.fillers);
  table.flag("filler_event", agent.filler_event);
  read_lines(table.table("lines"), agent.lines);
  table.count("max_workers", agent.max_workers, {0, 100'000});
  std::string pin = "turn";
  table.one_of("pin", pin, pins);
  if (pin == "conversation") agent.pin = Pin::conversation;
  agent.http = read_http_access(table.table("http"));
  agent.may_call = read_may_call(table);
  table.finish();
  return agent;
}

void read_agents(TableReader agents, Config& out, Findings& findings) {
  for (const auto& entry : agents.entries()) {
    if (!is_plain_name(entry.key)) {
      findings.add(entry.place, "an agent cannot be named " + json_string(entry.key),
                   "its name is part of its URL: letters, digits, '.', '_' and '-', at most 64");
      continue;
    }
    out.agents.push_back(read_agent(agents.table(entry.key), entry.key, out));
  }
}

void check_calls(const TomlValue& document, const Config& config, Findings& findings) {
  const TomlEntry* const agents = document.find("agents");
  if (agents == nullptr) return;
  std::map<std::string, std::vector<std::string>> whom;
  for (const AgentConfig& agent : config.agents) whom[agent.name] = agent.may_call;
  check_may_call(agents->value, whom, findings);
}

// Only where agents are listed: otherwise their names are those of files we cannot see.
void check_default_agent(const TomlValue& document, const Config& config, Findings& findings) {
  if (config.default_agent.empty() || config.agents.empty() ||
      has_agent(config.agents, config.default_agent)) {
    return;
  }
  std::vector<std::string_view> names;
  for (const auto& agent : config.agents) names.push_back(agent.name);
  const auto meant = nearest(config.default_agent, names);
  const auto place = document.find("webhook")->value.find("agent")->value.place;
  findings.add(place, "webhook.agent names no agent of this file: '" + config.default_agent + "'",
               meant.empty() ? "give it a table: [agents." + config.default_agent + "]"
                             : "did you mean '" + std::string(meant) + "'?");
}

}  // namespace

bool has_agent(std::span<const AgentConfig> agents, std::string_view name) {
  return std::any_of(agents.begin(), agents.end(),
                     [&](const AgentConfig& agent) { return agent.name == name; });
}

Result<Config> decode_config(std::string_view toml, std::string_view file) {
  const auto document = parse_toml(toml, file);
  if (!document) return document.error();

  Findings findings(file);
  Config config;
  TableReader top(&*document, "", findings);
  read_server(top.table("server"), config);
  read_tls(top.table("tls"), config.tls);
  read_plugins(top.table("plugins"), config);
  read_webhook(top.table("webhook"), config);
  read_authorize(top.table("authorize"), config);
  read_store(top.table("store"), config);
  read_http(top.table("http"), config);
  read_admin(top.table("admin"), config);
  read_log(top.table("log"), config);
  read_agents(top.table("agents"), config, findings);
  top.finish();
  check_default_agent(*document, config, findings);
  check_calls(*document, config, findings);
  if (auto why = findings.problem()) return std::move(*why);
  return config;
}

bool is_store_url(std::string_view text) {
  constexpr std::array<std::string_view, 5> kinds = {"sqlite:", "redis://", "rediss://",
                                                     "redis+unix://", "unix:"};
  return text == "memory" || std::any_of(kinds.begin(), kinds.end(), [&](auto kind) {
           return text.starts_with(kind) && text.size() > kind.size() && is_path(text);
         });
}

std::string language_key(std::string_view tag) {
  std::string key(tag.substr(0, longest_language));
  for (char& c : key) {
    if (c == '_') c = '-';
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
  }
  return key;
}

Result<Milliseconds> decode_duration(std::string_view text) {
  if (const auto duration = duration_of(text)) return *duration;
  return Error{"bad_duration", "this is not a duration",
               "write \"1500ms\", \"30s\", \"2m\" or a number of milliseconds"};
}

}  // namespace patchbay
