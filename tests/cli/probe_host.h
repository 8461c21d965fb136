// SPDX-License-Identifier: MIT
// The host that `call` talks to in these tests: the probe, see tests/fixtures/probe.cc.
#pragma once
#include <string>

#include "cli/commands.h"

namespace patchbay::test {

inline const Environment secret{{"LAYERCODE_WEBHOOK_SECRET", test_secret}};

inline HostProcess::Setup probe_setup() {
  return serving(fixture_directory(), {"--config", PATCHBAY_SOURCE_DIR "/tests/cli/probe.toml"});
}

// Started when first asked for, and kept for the whole run.
inline HostProcess& probe_host() {
  static HostProcess host(probe_setup());
  return host;
}

inline std::string url_of(HostProcess& host, const std::string& path = "/agents/probe") {
  return "http://127.0.0.1:" + std::to_string(host.port()) + path;
}

}  // namespace patchbay::test
