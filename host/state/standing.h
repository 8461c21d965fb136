// SPDX-License-Identifier: MIT
// What people are told about a running host's plugins: values, and the JSON they travel in between
// the host and whoever asks. Observes nothing itself.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ground/clock.h"
#include "ground/result.h"

namespace patchbay {

struct GenerationStanding {
  std::uint64_t number = 0;  // 1, 2, 3 … in the life of the host; never used twice
  // "current", "probation" (current, its predecessor still warm), "standby" (that
  // predecessor), "draining", "mapped" (destroyed, but stays in memory) or "unmapped"
  std::string state;
  std::string version;  // eg: "1.4.2"; the manifest's
  std::string digest;   // SHA-256, 64 hex digits
  Milliseconds age{0};  // since it was loaded
  std::size_t leases = 0;
  // eg: "message turn turn_C4 of conv_B2 for 41 s", "2 tasks"; for "mapped": why, and the remedy
  std::vector<std::string> waiting_for;
  std::uint64_t turns = 0;
  std::uint64_t failures = 0;
};

// A file that was not taken.
struct Refusal {
  Error why;
  std::string version, digest;
  Milliseconds ago{0};
};

struct PluginStanding {
  std::string file;                   // eg: "plugins/bakery.so"
  std::string plugin_id;              // eg: "com.example.bakery"
  std::vector<std::string> agents;    // names served by it, sorted
  std::vector<std::string> unloaded;  // names that it does not serve, by hand; sorted
  std::string doing;                  // eg: "creating its agents for 12 s"; empty: nothing
  std::vector<GenerationStanding> generations;  // newest first
  std::optional<Refusal> refused;               // the last candidate that was not taken
};

struct Standing {
  std::vector<PluginStanding> plugins;
  std::string default_agent;  // what POST /api/agent reaches; may be empty
  bool draining = false;      // /readyz says 503
  std::size_t turns_open = 0;
  Milliseconds up{0};
};

// The answer to a wish that was granted.
struct Granted {
  std::optional<PluginStanding> plugin;  // the one it was about, as it stands after it
  Problem warning;                       // granted, but not without remainder
};

// The plugin that has an agent of that name, served or unloaded, or comes from that file: whole
// path, or the file's name alone where no other has it. Null: none. Lives as long as the standing.
const PluginStanding* find_plugin(const Standing& standing, std::string_view agent_or_file);
// The generation that new turns go to, or null.
const GenerationStanding* serving(const PluginStanding& plugin);

// One line each.
std::string encode_standing(const Standing& standing);
std::string encode_granted(const Granted& granted);
// What is missing keeps its default, what is unknown is passed over: host and reader may be of
// different versions. The Error means that it is no such JSON at all.
Result<Standing> decode_standing(std::string_view json);
Result<Granted> decode_granted(std::string_view json);

}  // namespace patchbay
