// SPDX-License-Identifier: MIT
// A host for one call: one agent on a port of its own, with a secret that nobody else knows.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "cli/house.h"
#include "codec/signature.h"
#include "codec/url.h"
#include "ground/log.h"
#include "ground/result.h"

namespace patchbay {

class PrivateHouse {
 public:
  struct Wanted {
    std::string agent;    // a file's stem in the plugin directory, or the path of a plugin file
    std::string plugins;  // the directory; empty: the default one
    LogLevel log_level = LogLevel::warn;
  };

  // The Error names the agents that there are, where the one wanted is not among them. [control]
  static Result<std::unique_ptr<PrivateHouse>> open(const Wanted& wanted);

  [[nodiscard]] const Url& url() const { return url_; }
  [[nodiscard]] const Secret& secret() const { return secret_; }

  // False: see House::close(). Once. [control]
  bool close();

 private:
  PrivateHouse(LogLevel level, Secret secret)
      : log_(std::make_unique<Log>(level, LogFormat::text)), secret_(std::move(secret)) {}

  std::unique_ptr<Log> log_;  // outlives the house
  std::unique_ptr<House> house_;
  Secret secret_;
  Url url_;
};

}  // namespace patchbay
