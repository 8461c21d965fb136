// SPDX-License-Identifier: MIT
// The host that `dev` runs: one plugin, the author's, on this machine alone. It opens with the
// first build that can serve, and takes each further one. Builds nothing.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "cli/dev_screen.h"
#include "cli/house.h"
#include "cli/house_secrets.h"
#include "codec/config.h"
#include "ground/log.h"
#include "ground/result.h"
#include "machine/interrupt.h"
#include "machine/watch.h"

namespace patchbay {

class DevHouse {
 public:
  struct Wanted {
    std::string config;  // a file; empty: every setting has its default
    std::string listen;  // these go before the file's; empty: they do not
    std::string agent;
    std::string admin;
    std::string log_level;
  };

  // Whatever can be found wrong before a build is: the configuration, the secrets, the address.
  // [control]
  static Result<std::unique_ptr<DevHouse>> prepare(const Wanted& wanted, bool colour);
  DevHouse(const DevHouse&) = delete;
  DevHouse& operator=(const DevHouse&) = delete;

  [[nodiscard]] DevScreen& screen() { return screen_; }
  [[nodiscard]] Log& log() { return log_; }
  // What is served; empty until something is.
  [[nodiscard]] const std::filesystem::path& plugin() const { return plugin_; }

  // Has this build of the plugin serve, and tells on the screen what came of it. `built` is how
  // that line begins, eg: "built in 1.4 s". Waits for it a while, unless it is stopped. [control]
  void take(const std::filesystem::path& plugin, const std::string& name, const std::string& built,
            const Interrupt& stop);

  // False: see House::close(). Once. [control]
  bool close();

 private:
  DevHouse(const Wanted& wanted, bool colour, const Config& config, HouseSecrets secrets);

  [[nodiscard]] Result<Settings> settings_for(const std::filesystem::path& plugin,
                                              const std::string& name) const;
  void open(const std::filesystem::path& plugin, const std::string& name, const std::string& built);
  [[nodiscard]] Problem open_house(const std::filesystem::path& plugin, const std::string& name);
  void follow_config();
  void greet();
  void tell(const std::string& built, const std::string& digest_before, const Problem& wrong);
  [[nodiscard]] GenerationStanding serving_now() const;

  const Wanted wanted_;
  const HouseSecrets secrets_;
  Log log_;
  DevScreen screen_;
  std::filesystem::path plugin_;
  std::string name_;
  std::unique_ptr<House> house_;         // null until a build could serve
  std::unique_ptr<Watch> config_watch_;  // null where there is no file; ends before the house
};

}  // namespace patchbay
