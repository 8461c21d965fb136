// SPDX-License-Identifier: MIT
#include "codec/config.h"

#include <doctest/doctest.h>

#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "support/file_bytes.h"

namespace patchbay {
namespace {

std::string text_of(const std::vector<SecretRef>& refs) {
  std::string text;
  for (const auto& ref : refs) {
    text += (ref.kind == SecretRef::Kind::environment ? " env:" : " file:") + ref.name;
  }
  return text;
}

std::string text_of(const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& text : texts) all += text + ";";
  return all;
}

// Every field on a line, so that two configurations can be compared and their difference read.
std::string text_of(const AgentConfig& agent) {
  std::ostringstream out;
  out << agent.first_say.count() << "|" << text_of(agent.fillers) << agent.filler_event << "|"
      << agent.max_workers << "|";
  for (const auto& [language, lines] : agent.lines)
    out << language << ":" << lines.fallback << "," << text_of(lines.fillers) << "|";
  out << text_of(agent.may_call) << "|" << agent.name << "|" << agent.plugin << "|"
      << agent.agent_id << "|" << agent.config_json << "|" << text_of(agent.secrets) << "|"
      << agent.turn_timeout.count() << "|" << agent.fallback << "|"
      << (agent.pin == Pin::turn ? "turn" : "conversation") << "\n";
  return out.str();
}

std::string text_of(const Config& config) {
  std::ostringstream out;
  out << config.listen << "\n"
      << config.reactors << "\n"
      << config.max_connections << "\n"
      << config.max_turns << "\n"
      << config.max_workers << "\n"
      << config.http.head << "\n"
      << config.http.header_lines << "\n"
      << config.http.target << "\n"
      << config.http.body << "\n"
      << config.max_bodies << "\n"
      << config.request_timeout.count() << "\n"
      << config.idle_timeout.count() << "\n"
      << config.drain_timeout.count() << "\n"
      << config.stream_buffer << "\n"
      << config.metrics << "\n"
      << config.tls.certificate << "|" << config.tls.key << "\n"
      << config.plugin_directory << "\n"
      << config.allow_pinned << "\n"
      << config.watch << config.probe << "|" << config.probe_timeout.count() << "|"
      << config.probation.count() << "|" << config.reload_drain.count() << "|"
      << config.pin_timeout.count() << "\n"
      << text_of(config.secrets) << "\n"
      << config.default_agent << "\n"
      << config.default_fallback << "\n"
      << config.default_first_say.count() << text_of(config.default_fillers) << "\n"
      << static_cast<int>(config.duplicates) << "|" << config.replay_window.count() << "|"
      << config.replay_memory << "|" << config.replay_protection << "\n"
      << config.send_hangup << "\n"
      << config.authorize << "\n"
      << text_of({config.api_key}) << "\n"
      << config.upstream << "\n"
      << config.upstream_timeout.count() << "\n"
      << config.authorize_defaults << "\n"
      << config.http_ca_file << "|" << config.http_proxy << "\n"
      << config.admin_socket << "\n"
      << config.log_level << "\n"
      << config.log_format << config.log_redact << "\n";
  for (const auto& origin : config.allow_origins) out << origin << "\n";
  for (const auto& agent : config.agents) out << text_of(agent);
  return out.str();
}

Config decoded(const std::string& toml) {
  auto config = decode_config(toml, "patchbay.toml");
  REQUIRE_MESSAGE(bool(config), (config ? "" : config.error().text()));
  return *config;
}

std::string complaint(const std::string& toml) {
  const auto config = decode_config(toml, "patchbay.toml");
  return config ? "decodes" : config.error().text();
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// A setting that the example only shows is commented out without a space: "#plugin = ...".
std::string with_shown_settings(const std::string& example) {
  return std::regex_replace(example, std::regex("(^|\n)#(?=[\\[a-z])"), "$1");
}

// What the decoder itself says it knows in a table.
std::vector<std::string> known_keys(const std::string& table) {
  const auto config = decode_config("[" + table + "]\nqqqqqqqqqqqqqqqqqqqq = 1", "f");
  REQUIRE_FALSE(config);
  const auto& hint = config.error().hint;
  REQUIRE(hint.starts_with("known here: "));
  std::istringstream words(hint.substr(12));
  std::vector<std::string> keys;
  for (std::string word; words >> word;) keys.push_back(word.substr(0, word.find(',')));
  return keys;
}

constexpr auto tables = {"server", "tls",   "plugins", "webhook", "authorize", "authorize.defaults",
                         "http",   "admin", "log",     "agents.x"};

TEST_SUITE("config") {
  TEST_CASE("an empty file gives every default, and the two secrets by their usual names") {
    Config expected;
    expected.secrets = {{SecretRef::Kind::environment, "LAYERCODE_WEBHOOK_SECRET"}};
    expected.api_key = SecretRef{SecretRef::Kind::environment, "LAYERCODE_API_KEY"};
    CHECK(text_of(decoded("")) == text_of(expected));
  }

  TEST_CASE("the example file says nothing but the defaults") {
    const auto example = repository_file("patchbay.example.toml");
    CHECK(text_of(decoded(example)) == text_of(decoded("")));
  }

  TEST_CASE("the settings that the example only shows are good ones") {
    const auto config = decoded(with_shown_settings(repository_file("patchbay.example.toml")));
    REQUIRE_FALSE(config.agents.empty());
    CHECK(config.agents[0].turn_timeout == AgentConfig{}.turn_timeout);
    CHECK(config.agents[0].agent_id == AgentConfig{}.agent_id);
  }

  TEST_CASE("the example file shows every key, and the reference explains it") {
    const auto example = repository_file("patchbay.example.toml");
    const auto reference = repository_file("docs/configuration.md");
    for (const std::string table : tables) {
      for (const auto& key : known_keys(table)) {
        INFO("[", table, "] ", key);
        auto shown = std::string("\n#?(KEY = |\\[[a-z.]*KEY\\])");
        shown = std::regex_replace(shown, std::regex("KEY"), key);
        CHECK(std::regex_search(example, std::regex(shown)));
        CHECK(contains(reference, '`' + key + '`'));
      }
    }
  }

  TEST_CASE("every key of every table arrives where it belongs") {
    const auto config = decoded(R"(
      [server]
      listen = "[::1]:0"
      reactors = 2
      max_connections = 3
      max_turns = 4
      max_workers = 5
      max_head = "6KiB"
      max_header_lines = 7
      max_body = "8MiB"
      max_bodies = "64MiB"
      request_timeout = "9s"
      idle_timeout = "10s"
      drain_timeout = 0
      stream_buffer = 12288
      metrics = true
      [tls]
      certificate = "cert.pem"
      key = "key.pem"
      [plugins]
      directory = "plugins"
      allow_pinned = true
      watch = false
      probe = false
      probe_timeout = "5s"
      probation = "1m"
      reload_drain = 0
      pin_timeout = "10m"
      [webhook]
      secrets = ["env:NEW", "file:/run/secrets/old"]
      agent = "b"
      fallback = "One moment."
      first_say = "2s"
      fillers = "Hm."
      duplicates = "refuse"
      replay_window = "1m"
      replay_memory = "1MiB"
      replay_protection = true
      send_hangup = false
      [authorize]
      enabled = false
      api_key = "file:/run/key"
      upstream = "http://127.0.0.1:9/v1/"
      allow_origins = "https://app.example.com"
      timeout = "13s"
      [authorize.defaults.custom_metadata]
      plan = "gold"
      [http]
      ca_file = "/etc/ca.pem"
      proxy = "http://proxy:3128"
      [admin]
      socket = "/run/x.sock"
      [log]
      level = "debug"
      format = "json"
      redact = false
      [agents.b]
      [agents.a]
      plugin = "./build/a.so"
      agent = "night"
      secrets = "env:OTHER"
      turn_timeout = "1m"
      fallback = ""
      pin = "conversation"
      first_say = "900ms"
      fillers = ["One.", "Two."]
      filler_event = false
      may_call = "b"
      max_workers = 3
      [agents.a.lines.de_AT]
      fallback = "Wie meinen?"
      fillers = ["Eins."]
      [agents.a.config]
      since = 2024-01-02
    )");
    Config expected;
    expected.listen = "[::1]:0";
    expected.reactors = 2;
    expected.max_connections = 3;
    expected.max_turns = 4;
    expected.max_workers = 5;
    expected.http.head = 6144;
    expected.http.header_lines = 7;
    expected.http.body = 8388608;
    expected.max_bodies = 67108864;
    expected.request_timeout = Milliseconds(9000);
    expected.idle_timeout = Milliseconds(10000);
    expected.drain_timeout = Milliseconds(0);
    expected.stream_buffer = 12288;
    expected.metrics = true;
    expected.tls = {"cert.pem", "key.pem"};
    expected.plugin_directory = "plugins";
    expected.allow_pinned = true;
    expected.watch = expected.probe = false;
    expected.probe_timeout = Milliseconds(5'000);
    expected.probation = Milliseconds(60'000);
    expected.reload_drain = Milliseconds(0);
    expected.pin_timeout = Milliseconds(600'000);
    expected.secrets = {{SecretRef::Kind::environment, "NEW"},
                        {SecretRef::Kind::file, "/run/secrets/old"}};
    expected.default_agent = "b";
    expected.default_fallback = "One moment.";
    expected.default_first_say = Milliseconds(2000);
    expected.default_fillers = {"Hm."};
    expected.duplicates = Duplicates::refuse;
    expected.replay_window = Milliseconds(60'000);
    expected.replay_memory = 1024 * 1024;
    expected.replay_protection = true;
    expected.send_hangup = false;
    expected.authorize = false;
    expected.api_key = SecretRef{SecretRef::Kind::file, "/run/key"};
    expected.upstream = "http://127.0.0.1:9/v1";
    expected.allow_origins = {"https://app.example.com"};
    expected.upstream_timeout = Milliseconds(13000);
    expected.authorize_defaults = R"({"custom_metadata":{"plan":"gold"}})";
    expected.http_ca_file = "/etc/ca.pem";
    expected.http_proxy = "http://proxy:3128";
    expected.admin_socket = "/run/x.sock";
    expected.log_level = "debug";
    expected.log_format = "json";
    expected.log_redact = false;
    AgentConfig b, a;
    b.name = b.plugin = "b";
    b.fallback = "One moment.";
    b.first_say = Milliseconds(2000);
    b.fillers = {"Hm."};
    a.name = "a";
    a.plugin = "./build/a.so";
    a.agent_id = "night";
    a.config_json = R"({"since":"2024-01-02"})";
    a.secrets = {{SecretRef::Kind::environment, "OTHER"}};
    a.turn_timeout = Milliseconds(60000);
    a.pin = Pin::conversation;
    a.first_say = Milliseconds(900);
    a.fillers = {"One.", "Two."};
    a.filler_event = false;
    a.max_workers = 3;
    a.may_call = {"b"};
    a.lines["de-at"] = {"Wie meinen?", {"Eins."}};
    expected.agents = {b, a};
    CHECK(text_of(config) == text_of(expected));
  }

  TEST_CASE("whom an agent may ask stands in a table of its own") {
    const auto config = decoded(R"([agents.a.http]
      allow = ["api.example.com", "127.0.0.1:9000", "*.example.org"]
      warm = "https://api.example.com/v1"
      secrets = { model = "env:KEY", other = "file:/run/key" }
    )");
    const HttpAccess& http = config.agents.at(0).http;
    CHECK(http.allow == std::vector<EgressRule>{{"api.example.com", false, 0},
                                                {"127.0.0.1", false, 9000},
                                                {"example.org", true, 0}});
    CHECK(text_of(http.warm) == "https://api.example.com/v1;");
    CHECK(http.secrets.at("model") == SecretRef{SecretRef::Kind::environment, "KEY"});
    CHECK(http.secrets.at("other") == SecretRef{SecretRef::Kind::file, "/run/key"});
    CHECK(decoded("[agents.a]").agents.at(0).http == HttpAccess{});
  }

  TEST_CASE("what an agent may ask is wrong in a line, and no secret is repeated") {
    const auto text = complaint(
        "[agents.a.http]\nallow = ['https://a.example/v1']\nwarm = ['https://b.example']\n"
        "[agents.a.http.secrets]\nmodel = 'sk-123'\n'a b' = 'env:X'\n[http]\nproxy = 'nowhere'\n");
    CHECK(contains(text, "patchbay.toml:2:10: agents.a.http.allow wants hosts"));
    CHECK(contains(text, "patchbay.toml:3:9: agents.a.http.warm names a host that the agent may"));
    CHECK(contains(text, "add \"b.example\" to allow"));
    CHECK(contains(text, "patchbay.toml:5:9: agents.a.http.secrets.model must say where"));
    CHECK(contains(text, "patchbay.toml:6:1: "));
    CHECK(contains(text, "patchbay.toml:8:9: http.proxy wants"));
    CHECK_FALSE(contains(text, "sk-123"));
  }

  TEST_CASE("an unknown key names file, line, column and the key that was meant") {
    const auto config = decode_config("[server]\n\nlisen = 1\n", "patchbay.toml");
    REQUIRE_FALSE(config);
    CHECK(config.error().code == "config_invalid");
    CHECK(config.error().message == "patchbay.toml:3:1: unknown key 'lisen' in [server]");
    CHECK(config.error().hint == "did you mean 'listen'?");
    CHECK(contains(complaint("[servr]"), "unknown table 'servr' (did you mean 'server'?)"));
    CHECK(contains(complaint("[agents.x]\nturn_timout = 1"), "'turn_timeout'"));
    CHECK(contains(complaint("[authorize.defaults.custom_metdata]"), "'custom_metadata'"));
    CHECK(contains(complaint("listen = 1"), "unknown key 'listen' (known here: server, "));
  }

  TEST_CASE("all faults of a file come in one report, in its order") {
    const auto text =
        complaint("[server]\nreactors = 'two'\nmax_turns = 0\n[log]\nlevel = 'loud'\n");
    CHECK(contains(text, "patchbay.toml:2:12: server.reactors wants a whole number"));
    CHECK(contains(text, "\npatchbay.toml:3:13: server.max_turns wants a whole number from 1 to"));
    CHECK(contains(text, "\npatchbay.toml:5:9: log.level wants one of trace, "));
  }

  TEST_CASE("a secret in the file itself is refused and never repeated") {
    for (const auto* place : {"[webhook]\nsecrets = ", "[webhook]\nsecrets = ['env:A', ",
                              "[authorize]\napi_key = ", "[agents.x]\nsecrets = "}) {
      for (const auto* secret : {"'whsec_abc'", "'env:whsec-abc'", "'env:'", "'file:'", "'ENV:ABC'",
                                 "''", "12345678", "whsec_abc", "99999999999999999999abc"}) {
        const auto toml = std::string(place) + secret + (contains(place, "[\'") ? "]" : "");
        INFO(toml);
        const auto text = complaint(toml);
        CHECK(text.starts_with("patchbay.toml:2:"));
        CHECK_FALSE(contains(text, "abc"));
        CHECK_FALSE(contains(text, "1234567"));
      }
    }
    CHECK(contains(complaint("[webhook]\nsecrets = 'abc'"), "\"env:NAME\""));
  }

  TEST_CASE("what the host says itself is text, in languages that are written as such") {
    CHECK(contains(complaint("[agents.x]\nfillers = ['']"), "wants lines to say"));
    CHECK(contains(complaint("[agents.x]\nfillers = []"), "at least one"));
    CHECK(contains(complaint("[agents.x.lines.'d e']"), "is written like"));
    CHECK(contains(complaint("[agents.x.lines.de]\nfiller = 'x'"), "'fillers'"));
    CHECK(contains(complaint("[agents.x]\nfirst_say = 'soon'"), "agents.x.first_say wants"));
    CHECK(contains(complaint("[webhook]\nduplicates = 'drop'"), "one of answer, refuse, run"));
    CHECK(language_key("DE_at") == "de-at");
  }

  TEST_CASE("an empty list of secrets is a mistake, not a server that is open to all") {
    CHECK(contains(complaint("[webhook]\nsecrets = []"), "at least one"));
    CHECK(contains(complaint("[agents.x]\nsecrets = []"), "at least one"));
  }

  TEST_CASE("a certificate and its key come together") {
    CHECK(contains(complaint("[tls]\ncertificate = 'c.pem'"),
                   "patchbay.toml:2:15: tls.certificate is given without tls.key"));
    CHECK(contains(complaint("[tls]\nkey = 'k.pem'"),
                   "patchbay.toml:2:7: tls.key is given without tls.certificate"));
    CHECK(decoded("[tls]").tls == TlsFiles{});
  }

  TEST_CASE("a listening address has a host and a port") {
    for (const auto* good :
         {"127.0.0.1:0", "localhost:8080", "0.0.0.0:65535", "[::1]:1", "[::]:80"}) {
      CHECK(decoded(std::string("[server]\nlisten = '") + good + "'").listen == good);
    }
    for (const auto* bad : {"", ":80", "8080", "localhost", "localhost:", "localhost:65536",
                            "::1:80", "a b:80", "http://x:80", "x:80/", "x:-1", "x: 1", "[]:1"}) {
      INFO(bad);
      CHECK(contains(complaint(std::string("[server]\nlisten = '") + bad + "'"), "HOST:PORT"));
    }
  }

  TEST_CASE("a plugin is a name in the plugin directory, or a path") {
    CHECK(decoded("[agents.x]").agents[0].plugin == "x");
    CHECK(decoded("[agents.x]\nplugin = 'bakery-2.1'").agents[0].plugin == "bakery-2.1");
    CHECK(decoded("[agents.x]\nplugin = './a b.so'").agents[0].plugin == "./a b.so");
    for (const auto* bad : {"", "bakery.so", ".hidden", "a b", "a\\\\b"}) {
      INFO(bad);
      CHECK(contains(complaint(std::string("[agents.x]\nplugin = \"") + bad + "\""),
                     "without its .so"));
    }
  }

  TEST_CASE("an agent's name can stand in a URL") {
    CHECK(contains(complaint("[agents.'no way']"), "an agent cannot be named \"no way\""));
    CHECK(contains(complaint("[agents.'../x']"), "part of its URL"));
  }

  TEST_CASE("the default agent is one of those listed") {
    CHECK(contains(complaint("[webhook]\nagent = 'bakry'\n[agents.bakery]"),
                   "patchbay.toml:2:9: webhook.agent names no agent of this file: 'bakry' (did you "
                   "mean 'bakery'?)"));
    CHECK(contains(complaint("[webhook]\nagent = 'x'\n[agents.bakery]"), "[agents.x]"));
    CHECK(decoded("[webhook]\nagent = 'any'").default_agent == "any");
  }

  TEST_CASE("an origin has no path, an upstream no query") {
    CHECK(contains(complaint("[authorize]\nallow_origins = 'https://a.b/'"), "without a path"));
    CHECK(contains(complaint("[authorize]\nallow_origins = ['*', 'a.b']"), "without a path"));
    CHECK(decoded("[authorize]\nallow_origins = 'app://localhost'").allow_origins.size() == 1);
    CHECK(contains(complaint("[authorize]\nupstream = 'https://a.b?x'"), "wants a URL"));
    CHECK(contains(complaint("[authorize]\nupstream = 'ftp://a.b'"), "wants a URL"));
    CHECK(contains(complaint("[authorize]\nupstream = 'https://user:abc@a.b'"), "wants a URL"));
  }

  TEST_CASE("a header to send along is text") {
    CHECK(contains(complaint("[authorize.defaults.custom_headers]\nX-A = 1"),
                   "authorize.defaults.custom_headers.X-A wants text"));
  }

  TEST_CASE("nan has no JSON and is refused where an agent would get it") {
    CHECK(contains(complaint("[agents.x.config]\na = nan"), "patchbay.toml:2:5: agents.x.config"));
  }

  TEST_CASE("durations and secrets decode alone as they do in the file") {
    CHECK(*decode_duration("2m") == Milliseconds(120'000));
    CHECK(decode_duration("soon").error().code == "bad_duration");
    CHECK(decode_secret_ref("env:A_1")->name == "A_1");
    CHECK(decode_secret_ref("file:a b")->kind == SecretRef::Kind::file);
    CHECK(decode_secret_ref("env:1A").error().code == "bad_secret_ref");
  }
}

}  // namespace
}  // namespace patchbay
