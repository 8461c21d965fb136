// SPDX-License-Identifier: MIT
#include "codec/config_change.h"

namespace patchbay {

std::vector<std::string> wants_restart(const Config& now, const Config& fresh) {
  std::vector<std::string> keys;
  const auto compare = [&](const char* key, const auto& before, const auto& after) {
    if (!(before == after)) keys.emplace_back(key);
  };
  compare("server.listen", now.listen, fresh.listen);
  compare("server.reactors", now.reactors, fresh.reactors);
  compare("server.max_connections", now.max_connections, fresh.max_connections);
  compare("server.max_turns", now.max_turns, fresh.max_turns);
  compare("server.max_workers", now.max_workers, fresh.max_workers);
  compare("server.max_head", now.http.head, fresh.http.head);
  compare("server.max_header_lines", now.http.header_lines, fresh.http.header_lines);
  compare("server.max_body", now.http.body, fresh.http.body);
  compare("server.max_bodies", now.max_bodies, fresh.max_bodies);
  compare("server.request_timeout", now.request_timeout, fresh.request_timeout);
  compare("server.idle_timeout", now.idle_timeout, fresh.idle_timeout);
  compare("server.drain_timeout", now.drain_timeout, fresh.drain_timeout);
  compare("server.stream_buffer", now.stream_buffer, fresh.stream_buffer);
  compare("server.metrics", now.metrics, fresh.metrics);
  // Another pair of files is taken at once; TLS itself comes and goes with a restart.
  compare("tls.certificate", now.tls.certificate.empty(), fresh.tls.certificate.empty());
  compare("plugins.watch", now.watch, fresh.watch);
  compare("webhook.duplicates", now.duplicates, fresh.duplicates);
  compare("webhook.replay_window", now.replay_window, fresh.replay_window);
  compare("webhook.replay_memory", now.replay_memory, fresh.replay_memory);
  compare("webhook.replay_protection", now.replay_protection, fresh.replay_protection);
  compare("webhook.send_hangup", now.send_hangup, fresh.send_hangup);
  compare("authorize.enabled", now.authorize, fresh.authorize);
  compare("authorize.api_key", now.api_key, fresh.api_key);
  compare("authorize.upstream", now.upstream, fresh.upstream);
  compare("authorize.allow_origins", now.allow_origins, fresh.allow_origins);
  compare("authorize.timeout", now.upstream_timeout, fresh.upstream_timeout);
  compare("authorize.defaults", now.authorize_defaults, fresh.authorize_defaults);
  compare("store.url", now.store, fresh.store);
  compare("store.keep", now.keep, fresh.keep);
  compare("store.keep_after_end", now.keep_after_end, fresh.keep_after_end);
  compare("store.timeout", now.store_timeout, fresh.store_timeout);
  compare("store.survives_power_cut", now.survives_power_cut, fresh.survives_power_cut);
  compare("store.prefix", now.store_prefix, fresh.store_prefix);
  compare("http.ca_file", now.http_ca_file, fresh.http_ca_file);
  compare("http.proxy", now.http_proxy, fresh.http_proxy);
  compare("log.format", now.log_format, fresh.log_format);
  compare("log.redact", now.log_redact, fresh.log_redact);
  return keys;
}

}  // namespace patchbay
