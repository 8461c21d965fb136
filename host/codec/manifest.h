// SPDX-License-Identifier: MIT
// A plugin's ident note, as JSON, becomes a Manifest: who it is, which agents it makes, what it
// asks of the host. Checks an agent's configuration against the schema the plugin brought.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ground/result.h"

namespace patchbay {

struct ManifestAgent {
  std::string id;    // eg: "default"
  std::string name;  // eg: "Booking clerk"
};

struct Manifest {
  std::string id;  // eg: "com.acme.booking"; the identity of a plugin, whatever its file is called
  std::string name;             // eg: "Booking"
  std::string vendor;           // may be empty
  std::string version;          // eg: "1.4.2"
  std::uint32_t min_minor = 0;  // the least ABI minor it can work with
  std::vector<ManifestAgent>
      agents;                     // at least one: {"default", name} where the manifest names none
  std::vector<std::string> uses;  // extensions it cannot do without, eg: "vap.state/1"
  std::string config_schema;      // JSON Schema, as text; empty where it brings none
  bool unload = true;             // false: "never unmap me"
};

// Unknown keys are kept out, not refused (a newer plugin may say more); a missing id, name or
// version, or a wrong type, is an Error that names the key.  [any]
Result<Manifest> decode_manifest(std::string_view json);

// Is this configuration (a JSON object as text) what the manifest's schema asks for? The message
// names the offending key.  [any]
[[nodiscard]] Problem check_agent_config(const Manifest& manifest, std::string_view config_json);

}  // namespace patchbay
