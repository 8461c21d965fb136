// SPDX-License-Identifier: MIT
// Which version of which plugin serves, which stands by, and which still has to go: the book that
// flow/switchboard keeps. Loads nothing and has no lock: its owner guards it.
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "codec/config.h"
#include "ground/clock.h"
#include "ground/result.h"
#include "ground/timers.h"
#include "machine/candidate.h"
#include "state/generation.h"
#include "state/routes.h"
#include "state/standing.h"

namespace patchbay {

enum class VersionState {
  current,    // it serves
  probation,  // it serves, and its predecessor stands by
  standby,    // replaced a moment ago: warm, ready to serve again
  draining,   // it gets no new turn, and waits for the last of its leases
  mapped,     // its agents are destroyed, but its code stays in memory
  unmapped,   // gone: kept here for a while to be told of
};
std::string_view name_of(VersionState state);

// One generation in the house, and how it stands.
struct Version {
  std::uint64_t number = 0;
  VersionState state = VersionState::draining;
  Moment loaded;
  std::string plugin_id, version, digest;
  std::optional<Candidate> candidate;      // until it is unmapped
  std::unique_ptr<Generation> generation;  // until it is unmapped
  std::vector<Agent*> agents;              // until they are destroyed
  std::vector<Error> remarks;
  std::string stays_because;  // for state mapped: why, and the remedy
  // The end of its probation, later that of its patience; 0: none. Set by whoever put it to serve
  // or let it drain, before anybody else can.
  std::atomic<Timers::Id> alarm = 0;
};
using VersionPtr = std::shared_ptr<Version>;

// Why certain bytes were refused, and the agents that they were tried as.
struct BytesRefused {
  Error why;
  std::vector<AgentConfig> agents;
};

// One plugin file, with all its versions.
struct Plugin {
  std::filesystem::path file;
  std::vector<AgentConfig> agents;              // as the configuration wants them
  VersionPtr current;                           // null where nothing serves
  VersionPtr standby;                           // null where nothing stands by
  std::deque<VersionPtr> past;                  // newest first
  std::optional<Candidate> previous;            // what rollback brings back where nothing stands by
  std::map<std::string, BytesRefused> refused;  // by digest; not tried again by themselves
  std::optional<Refusal> last_refusal;
  Moment refused_at;
  std::set<std::string> closed;  // agents that were unloaded by hand, until they are asked for
  std::uint64_t overruled = 0;   // how often what served was taken back, or out
};

class Board {
 public:
  std::map<std::filesystem::path, Plugin> plugins;  // by file

  [[nodiscard]] std::uint64_t next_number() { return ++last_number_; }
  Plugin& plugin(const std::filesystem::path& file);  // made where there is none yet
  Plugin* find(const std::string& agent);             // null where no plugin is to serve that name
  [[nodiscard]] const Plugin* find(const std::string& agent) const;
  Plugin* plugin_of(const Version& version);

  // Remembers why a candidate was not taken, as which agents. `digest` may be empty: then any is
  // tried again.
  static void refuse(Plugin& plugin, const Error& why, const std::string& version,
                     const std::string& digest, const std::vector<AgentConfig>& agents);
  // The version serves from here; what served until now stands by, or drains. Returns those that
  // must drain.
  static std::vector<VersionPtr> put_in(Plugin& plugin, VersionPtr version, bool keep_warm);
  // What stands by serves again; what served until now drains.
  static void put_back(Plugin& plugin);
  // As which agents it is to serve from here. Those that are closed stay so, but for those whose
  // settings have changed.
  static void configure(Plugin& plugin, std::vector<AgentConfig> agents);
  // Every one of its agents was unloaded by hand.
  [[nodiscard]] static bool is_unloaded(const Plugin& plugin);
  // One of its agents gets no further turn. False where it is the last: then take_out().
  static bool close(Plugin& plugin, const std::string& agent);
  // What serves has proved itself. Returns those that must drain.
  static std::vector<VersionPtr> end_probation(Plugin& plugin);
  // Nothing of it serves any more. Returns those that must drain.
  static std::vector<VersionPtr> take_out(Plugin& plugin);
  // Forgets versions that are gone, but for the last few, and plugins that nothing is left of.
  void tidy();

  [[nodiscard]] static std::vector<VersionPtr> versions_of(const Plugin& plugin);  // newest first
  // Is any agent of it still there, also one that waits to be destroyed?
  [[nodiscard]] static bool has_agents(const Plugin& plugin);
  // Every version that may have code in memory.
  [[nodiscard]] std::vector<VersionPtr> loaded() const;
  [[nodiscard]] std::vector<VersionPtr> in_state(VersionState state) const;
  // The names that are served now, sorted.
  [[nodiscard]] std::vector<std::string> served() const;
  // What serves, as routes. `own` are the secrets of agents that bring their own; the others have
  // the webhook's.
  [[nodiscard]] std::shared_ptr<const RouteTable> table(
      const std::map<std::string, std::vector<Secret>>& own, const std::vector<Secret>& webhook,
      const std::string& default_agent) const;

 private:
  std::uint64_t last_number_ = 0;
};

}  // namespace patchbay
