// SPDX-License-Identifier: MIT
// The hosts that conformance tests talk to, started when first asked for and kept for the whole
// run: the cases are about answers, not about starting. The tests conformance.behind_* run the same
// cases through a proxy; those that cannot be true there say why.
#pragma once
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "support/host_process.h"
#include "support/line.h"
#include "support/proxy.h"
#include "support/wait.h"
#include "support/webhook.h"

namespace patchbay::test {

inline HostProcess::Setup probe_setup(std::vector<std::string> further = {}) {
  further.insert(further.begin(), {"--config", PATCHBAY_SOURCE_DIR "/tests/conformance/probe.toml",
                                   "--log-level", "debug"});
  HostProcess::Setup setup = serving(fixture_directory(), std::move(further));
  setup.environment["OLD_SECRET"] = "whsec_old";
  setup.environment["NEW_SECRET"] =
      "\xC3\xA9"
      "clair-secret";
  return setup;
}

// Of a case that cannot be true behind that proxy: it is skipped there, and `why`.
inline doctest::skip not_behind(ProxyKind kind, [[maybe_unused]] const char* why) {
  return doctest::skip(proxy_of_this_run() == kind);
}

// Serves tests/fixtures/probe under several names, see probe.toml.
inline HostProcess& probe_host() {
  static FrontedHost host(probe_setup());
  return host;
}

// Serves the plugins that ship.
inline HostProcess& shipped_host() {
  static FrontedHost host(serving(plugin_directory(), {"--agent", "echo"}));
  return host;
}

// A message to the probe, whose text is a command; see tests/fixtures/probe.cc.
inline Answer tell_probe(std::string_view command, std::string_view conversation = "conv_1") {
  return say(probe_host().port(), "probe", command, conversation);
}

// A conversation that no other test uses.
inline std::string fresh_conversation() {
  static int made = 0;
  return "conv_fresh_" + std::to_string(++made);
}

}  // namespace patchbay::test
