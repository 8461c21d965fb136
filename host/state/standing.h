// SPDX-License-Identifier: MIT
// What people are told about the plugins of a running host: values only.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ground/clock.h"
#include "ground/result.h"

namespace patchbay {

struct GenerationStanding {
  std::uint64_t number = 0;  // 1, 2, 3 in the life of the host; never used twice
  std::string state;         // see name_of(VersionState)
  std::string version;       // as its manifest says, eg: "1.4.2"
  std::string digest;        // SHA-256, 64 hex digits
  Milliseconds age{0};       // since it was loaded
  std::size_t leases = 0;
  std::vector<std::string> waiting_for;  // eg: "message turn_C4 of conv_B2 for 41 s", "2 tasks"
  std::uint64_t turns = 0, failures = 0;
};

struct Refusal {
  Error why;
  std::string version, digest;  // empty where it was not known yet
  Milliseconds ago{0};
};

struct PluginStanding {
  std::string file;                             // eg: "plugins/bakery.so"
  std::string plugin_id;                        // eg: "com.example.bakery"
  std::vector<std::string> agents;              // the names that it is served under, sorted
  std::string doing;                            // eg: "creating agents for 12 s"; empty: nothing
  std::vector<GenerationStanding> generations;  // newest first
  std::optional<Refusal> refused;               // the last candidate that was not taken
};

struct Standing {
  std::vector<PluginStanding> plugins;
  std::string default_agent;
  bool draining = false;
  std::size_t turns_open = 0;
  Milliseconds up{0};
};

}  // namespace patchbay
