// SPDX-License-Identifier: MIT
// A stage whose agent is made when the test says so, and a configuration to change meanwhile.
#pragma once
#include "reload/stage.h"

namespace patchbay::test {

// A host whose speaker is not made while the file "shut" is there.
struct Gated : Stage {
  std::string config = (home.path / "p.toml").string();
  std::string socket = (home.path / "admin").string();
  fs::path shut = home.path / "shut";

  Gated() { configure(); }
  void configure(const std::string& more = "", const std::string& agent = "speaker") const {
    write("coming.toml", "[agents." + agent + "]\nplugin = \"speaker\"\n[agents." + agent +
                             ".config]\nshut = \"" + shut.string() + "\"\n" + more);
    fs::rename(home.path / "coming.toml", config);
  }
  [[nodiscard]] HostProcess::Setup setup() const {
    return serving(plugins.string(), {"--config", config, "--admin", socket});
  }
  void close() const { std::ofstream(shut) << "shut"; }
  void open() const { fs::remove(shut); }
};

inline int status_at(HostProcess& host, const std::string& path) {
  Webhook webhook;
  webhook.path = path;
  webhook.body = message("hello");
  return send(host.port(), webhook).status;
}

// How often has it begun to try a plugin?
inline bool has_tried(const HostProcess& host, int times) {
  return eventually([&] {
    const std::string log = host.log();
    int found = 0;
    for (auto at = log.find("trying a plugin"); at != std::string::npos;
         at = log.find("trying a plugin", at + 1))
      ++found;
    return found >= times;
  });
}

}  // namespace patchbay::test
