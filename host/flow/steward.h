// SPDX-License-Identifier: MIT
// What can be asked of a running host about its plugins. Says what each wish means; how it is
// fulfilled is the business of whoever implements it.
#pragma once
#include <functional>
#include <string>

#include "ground/result.h"
#include "state/standing.h"

namespace patchbay {

// Codes of Problems that are more than "it did not work": the admin interface answers each with a
// status of its own.
namespace steward_code {
inline constexpr const char* unknown_agent = "unknown_agent";  // no agent, or no file, of that name
inline constexpr const char* nothing_to_roll_back_to = "nothing_to_roll_back_to";
// Not a failure: the agent is gone, but its library could not be unmapped. The message says why.
inline constexpr const char* stays_mapped = "stays_mapped";
inline constexpr const char* stopping = "stopping";  // the host ends; it was too late
}  // namespace steward_code
Error host_stops();  // that code, for a person

// None of these waits for a plugin's code. `done` is called once, later or before the call returns,
// on any thread, and holds nothing of a caller's that may be gone by then. [any]
class Steward {
 public:
  using Done = std::function<void(Problem)>;
  virtual ~Steward();

  // `draining` is whatever it likes: the admin interface knows that better.
  [[nodiscard]] virtual Standing standing() const = 0;
  // Looks at the file again now, also where its digest was refused before. An agent's name, or a
  // path.
  virtual void load(const std::string& name_or_file, Done done) = 0;
  // Done when its turns have ended and its library is gone, or stays_mapped. The agents that share
  // the library go on.
  virtual void unload(const std::string& agent, Done done) = 0;
  // New turns go to the generation before: at once where that is still warm.
  virtual void rollback(const std::string& agent, Done done) = 0;
  // Reads the configuration file again, where there is one, and takes all of it or nothing; then
  // looks at every plugin file.
  virtual void reload_config(Done done) = 0;
};

}  // namespace patchbay
