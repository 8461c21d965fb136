// SPDX-License-Identifier: MIT
// The least host that a plugin can be created with: every call works and nothing is remembered. For
// tests of what loads and unloads plugins, where turns do not matter.
#pragma once
#include <string>

#include "codec/manifest.h"
#include "machine/candidate.h"
#include "state/generation.h"
#include "vap/vap.h"

namespace patchbay::test {

inline const vap_host_t& toy_table() {
  static constexpr vap_host_t table{
      sizeof(vap_host_t),
      VAP_ABI_MINOR,
      {"toy", 3},
      {"0", 1},
      [](const vap_host_t*, const char*) noexcept -> const void* { return nullptr; },
      [](const vap_host_t*, vap_log_level_t, vap_str_t) noexcept {},
      [](const vap_host_t*, vap_reply_t, vap_str_t, vap_emit_flags_t) noexcept {
        return vap_status_t{VAP_OK};
      },
      [](const vap_host_t*, vap_reply_t, vap_str_t, vap_emit_flags_t) noexcept {
        return vap_status_t{VAP_OK};
      },
      [](const vap_host_t*, vap_reply_t, vap_status_t, const vap_error_t*) noexcept {
        return vap_status_t{VAP_OK};
      },
      [](const vap_host_t*, vap_reply_t) noexcept { return vap_cancel_t{VAP_CANCEL_NONE}; },
      [](const vap_host_t*, vap_reply_t) noexcept { return std::int64_t{1000}; }};
  return table;
}

inline std::string fixture(const std::string& name) {
  return PATCHBAY_BINARY_DIR "/fixtures/" + name + ".so";
}

// A manifest that nobody checks: for a plugin that was not examined.
inline Manifest any_manifest() {
  Manifest manifest;
  manifest.id = "test.plugin";
  manifest.name = "Test";
  manifest.version = "1.0.0";
  manifest.agents = {{"default", "Test"}};
  return manifest;
}

inline AgentConfig named(const std::string& name, const std::string& config_json = "{}") {
  AgentConfig config;
  config.name = name;
  config.config_json = config_json;
  return config;
}

}  // namespace patchbay::test
