// SPDX-License-Identifier: MIT
// The text of the configuration file becomes a Config: complete, valid, every default filled in, or
// an Error that names the line. Reads no file and no environment: secrets stay references here.
#pragma once
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/http_access.h"
#include "codec/http_request.h"
#include "codec/secret_ref.h"
#include "ground/clock.h"
#include "ground/result.h"

namespace patchbay {

// Which version answers the next turn of a running conversation, after a reload.
enum class Pin {
  turn,          // the newest
  conversation,  // the one that the conversation began with
};

// What the host itself says in an agent's name, in one language.
struct SpokenLines {
  std::string fallback;              // empty: the agent's own
  std::vector<std::string> fillers;  // empty: the agent's own
  bool operator==(const SpokenLines&) const = default;
};

// What happens to a turn that is delivered a second time.
enum class Duplicates {
  answer,  // its answer goes on over the newer connection, or is given again; the agent runs once
  refuse,  // 409
  run,     // it is a turn like any
};

struct AgentConfig {
  std::string name;    // eg: "bakery"; the last part of its route, /agents/bakery
  std::string plugin;  // file stem in the plugin directory, or a path to a file with '/'
  std::string agent_id = "default";   // which agent of that plugin's manifest
  std::string config_json = "{}";     // the table [agents.NAME.config], as JSON
  std::vector<SecretRef> secrets;     // empty: the webhook's
  Milliseconds turn_timeout{30'000};  // the whole budget of one turn
  std::string fallback;               // said when the agent fails or is silent to its deadline
  Milliseconds first_say{0};          // said nothing by then: the host says a filler; 0: never
  std::vector<std::string> fillers;   // in turn
  bool filler_event = true;           // the screen is told of a filler
  std::map<std::string, SpokenLines> lines;  // by language, in lower case, eg: "de", "de-at"
  std::size_t max_workers = 0;  // threads that its calls may hold at once; 0: half of the host's
  Pin pin = Pin::turn;
  HttpAccess http;
  std::vector<std::string> may_call;  // agents whose functions it may call
  bool operator==(const AgentConfig&) const = default;
};

// Paths of the two PEM files; both empty where TLS is ended in front of the host.
struct TlsFiles {
  std::string certificate;  // the host's own first, then those between it and its authority
  std::string key;
  bool operator==(const TlsFiles&) const = default;
};

struct Config {
  // [server]
  std::string listen = "127.0.0.1:8080";
  std::size_t reactors = 0;               // threads for sockets; 0: one for each core
  std::size_t max_connections = 15'000;   // open at once; more get 503
  std::size_t max_turns = 5'000;          // running at once; more get 503
  std::size_t max_workers = 1'000;        // threads for agents that answer while they block
  HttpLimits http;                        // max_head, max_header_lines, max_body
  std::size_t max_bodies = 1 << 28;       // bytes of all large bodies together; more get 503
  Milliseconds request_timeout{10'000};   // from the first byte of a request to its last
  Milliseconds idle_timeout{75'000};      // a keep-alive connection without a request
  Milliseconds drain_timeout{25'000};     // SIGTERM: how long running turns may go on
  std::size_t stream_buffer = 64 * 1024;  // bytes queued for a slow reader before say() waits
  bool metrics = false;                   // serve GET /metrics to whoever reaches the port

  TlsFiles tls;  // [tls]

  // [plugins]
  std::string plugin_directory;         // may be empty where every agent names a path
  bool allow_pinned = false;            // serve libraries that can never be unloaded (Go)
  bool watch = true;                    // take plugin files, and this file, when they change
  bool probe = true;                    // try a plugin in a child process before it is loaded here
  Milliseconds probe_timeout{30'000};   // the whole of that trial
  Milliseconds probation{30'000};       // how long the old version stays warm after a swap
  Milliseconds reload_drain{120'000};   // how long turns on a replaced version may go on
  Milliseconds pin_timeout{3'600'000};  // how long a conversation may stay on a replaced version

  // [webhook]
  std::vector<SecretRef> secrets{{SecretRef::Kind::environment, "LAYERCODE_WEBHOOK_SECRET"}};
  std::string default_agent;  // what POST /api/agent reaches; empty: the only one there is
  std::string default_fallback = "Sorry, I am having trouble right now. Could you say that again?";
  Milliseconds default_first_say{0};
  std::vector<std::string> default_fillers{"One moment, please.", "Just a second.", "Let me see."};
  Duplicates duplicates = Duplicates::answer;
  Milliseconds replay_window{600'000};           // how long an answer is kept for a repeat
  std::size_t replay_memory = 64 * 1024 * 1024;  // bytes of all such answers together
  bool replay_protection = false;                // take a signature once only
  bool send_hangup = true;                       // let vap.call/1 write response.hangup

  // [authorize]
  bool authorize = true;  // serve POST /api/authorize
  SecretRef api_key{SecretRef::Kind::environment, "LAYERCODE_API_KEY"};
  std::string upstream = "https://api.layercode.com/v1";
  std::vector<std::string> allow_origins{"*"};
  Milliseconds upstream_timeout{10'000};
  std::string authorize_defaults =
      "{}";  // [authorize.defaults]: custom_metadata, custom_headers, config

  // [store]
  // Where conversations are kept: "memory", "sqlite:PATH", a URL of Redis, or where that is to be
  // found ("env:NAME", "file:PATH"), as it may hold a password. Empty: `serve` takes the usual
  // file.
  std::string store;
  Milliseconds keep{7 * 24 * 3'600'000LL};        // forgotten so long after the last change
  Milliseconds keep_after_end{24 * 3'600'000LL};  // and so long after session.end
  Milliseconds store_timeout{500};                // how long a turn waits for Redis
  bool survives_power_cut = false;                // SQLite: wait for the disk at each write
  std::string store_prefix = "patchbay:";         // of every key in Redis

  // [http]
  std::string http_ca_file;                // PEM: a CA beside those of the system; empty: none
  std::string http_proxy = "environment";  // "environment", "off", or a URL

  // [admin]
  std::string admin_socket;  // a path, or "off"; empty: the usual place

  // [log]
  std::string log_level = "info";   // trace, debug, info, warn, error
  std::string log_format = "text";  // text, json
  bool log_redact = true;           // numbers, addresses and keys in what people and agents say

  std::vector<AgentConfig> agents;  // [agents.NAME]; empty: every plugin of the directory
};

bool has_agent(std::span<const AgentConfig> agents, std::string_view name);

// Unknown keys, wrong types and impossible values are Errors: "patchbay.toml:7: unknown key
// 'lisen' in [server]", hint "did you mean 'listen'?". `file` is only for the message.  [control]
Result<Config> decode_config(std::string_view toml, std::string_view file);

// "memory", "sqlite:PATH" or a URL of Redis, by its beginning; not where that is to be found.
bool is_store_url(std::string_view text);

// As languages are looked up: "de_AT" and "de-at" are one.
std::string language_key(std::string_view tag);

// "30s", "1500ms", "2m" or a bare number of milliseconds.
Result<Milliseconds> decode_duration(std::string_view text);

}  // namespace patchbay
