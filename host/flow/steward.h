// SPDX-License-Identifier: MIT
// What can be asked of a running host about its plugins. Nothing here waits for a plugin's code.
#pragma once
#include <functional>
#include <string>

#include "ground/result.h"
#include "state/standing.h"

namespace patchbay {

class Steward {
 public:
  // Called once, on any thread, when it is done, or cannot be.
  using Done = std::function<void(Problem)>;

  virtual ~Steward() = default;

  [[nodiscard]] virtual Standing standing() const = 0;  // [any]
  // Looks at a plugin file now, also where its digest was refused before. [any]
  virtual void load(const std::string& agent_or_file, Done done) = 0;
  // No further turn; done when its last version is gone, or cannot go. [any]
  virtual void unload(const std::string& agent, Done done) = 0;
  // Back to the version before: at once where that is still warm. [any]
  virtual void rollback(const std::string& agent, Done done) = 0;
  // The configuration file, where there is one, and every plugin file are looked at now. [any]
  virtual void reload_config(Done done) = 0;

 protected:
  Steward() = default;
  Steward(const Steward&) = default;
  Steward& operator=(const Steward&) = default;
};

}  // namespace patchbay
