// SPDX-License-Identifier: MIT
// The whole host, built from the ground up: what `serve` runs, and what `call` starts for an agent
// that no host serves yet. Reads no flag, no environment and no file but the plugins and agents'
// secrets.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "codec/config.h"
#include "codec/signature.h"
#include "flow/reload.h"
#include "ground/log.h"
#include "ground/result.h"

namespace patchbay {

class House {
 public:
  struct Wanted {
    Settings settings;
    std::optional<Secret> api_key = {};     // absent: /api/authorize says how to set one
    Reload::ConfigSource config_file = {};  // none: the configuration stays as it is
  };
  // Loads the plugins, binds the address, and answers from here on; takes what changes, where the
  // configuration says so. `log` outlives the house. [control]
  static Result<std::unique_ptr<House>> open(Wanted wanted, Log& log);
  ~House();
  House(const House&) = delete;
  House& operator=(const House&) = delete;

  [[nodiscard]] std::string address() const;  // eg: "127.0.0.1:8080", with the port that was bound
  [[nodiscard]] std::string scheme() const;   // "http://", or "https://" where it speaks TLS
  [[nodiscard]] std::vector<std::string> agents() const;  // their names, sorted
  [[nodiscard]] std::string default_agent() const;  // what POST /api/agent reaches; may be empty
  [[nodiscard]] Steward& steward();

  // Takes no new call, lets running turns finish for up to the configuration's drain time, ends the
  // rest properly, and takes the plugins down. False: code of a plugin did not come back, so the
  // process must end without touching anything further (std::_Exit). Once. [control]
  bool close();

 private:
  struct Rooms;
  explicit House(std::unique_ptr<Rooms> rooms);
  std::unique_ptr<Rooms> rooms_;
};

}  // namespace patchbay
