// SPDX-License-Identifier: MIT
// Which versions serve, and how one takes another's place: in one exchange, with the old one warm
// until the new one has proved itself, and back again where it fails. Loads nothing; what is put in
// here is ready.
#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "codec/config.h"
#include "codec/signature.h"
#include "flow/lineup.h"
#include "flow/news.h"
#include "flow/retirement.h"
#include "ground/lane.h"
#include "ground/log.h"
#include "ground/timers.h"
#include "state/board.h"
#include "state/metrics.h"
#include "state/pins.h"
#include "state/routes.h"
#include "state/standing.h"

namespace patchbay {

// A configuration with the secrets that it names.
struct Settings {
  Config config;
  std::vector<Secret> webhook = {};                     // empty where every agent brings its own
  std::map<std::string, std::vector<Secret>> own = {};  // by agent, of those that do
};

// Finds the secrets of the agents that bring their own, and looks whether the others are there. The
// Error names the agent, and how to set its secret. [control]
[[nodiscard]] Problem find_own_secrets(Settings& settings);

class Switchboard {
 public:
  struct House {  // all of it outlives the switchboard
    Routes& routes;
    Replies& replies;
    Pins& pins;
    Turns& turns;
    Tasks& tasks;
    Requests& requests;
    ToolCalls& tool_calls;
    Metrics& metrics;
    Timers& timers;
    Lane& lane;
    Log& log;
  };
  using Done = std::function<void(Problem)>;
  static constexpr const char* overruled = "overruled";  // the code of swap()'s Error

  // What takes effect together.
  struct Swap {
    struct Arrival {
      Part part;
      VersionPtr version;
      Moment began;                      // of its approval
      std::uint64_t overruled = 0;       // the plugin's, when it was decided what should come in
      std::set<std::string> opens = {};  // agents that serve again, though they were unloaded
    };
    Settings settings;
    std::vector<Arrival> arriving;
    std::vector<std::filesystem::path> leaving;  // plugins that no agent is left for
    std::vector<Part> unloaded = {};             // that stay so, with other settings
  };

  Switchboard(House house, Settings settings);

  // All of it, or nothing: the Error says that somebody unloaded or rolled back one of the plugins
  // after it was decided what should come in, and who did must not be overruled by that. [control]
  [[nodiscard]] Problem swap(const Swap& swap);
  // The version before serves again, if it is still warm and `bad` serves. [any]
  bool swap_back(const VersionPtr& bad, const Error& why);
  // What serves an agent now, and what could be brought back in its place. [any]
  struct Serving {
    VersionPtr version;  // null where nothing serves
    std::optional<Candidate> previous = std::nullopt;
    Part part;
    std::uint64_t overruled = 0;
  };
  [[nodiscard]] std::optional<Serving> serving(const std::string& agent) const;
  // No further turn, also by a newer version, until somebody asks for it; `done` when the last of
  // it is gone, or cannot go, or when it serves again before that. Agents that share its plugin
  // serve on, and so it stays loaded. [any]
  void take_out(const std::string& agent, Done done);
  // Such agents serve again. False where nothing of their plugin is there to serve. [any]
  bool reopen(const std::filesystem::path& file, const std::set<std::string>& agents);

  // Why it was not taken; `digest`, if any, is not tried again by itself as those agents. [any]
  void refuse(const Part& part, const Error& why, const std::string& version,
              const std::string& digest);
  // The file is gone: where it never served, nothing is told of it any more. [control]
  void forget(const std::filesystem::path& file);
  // A version that could not be made ready, and may still have tasks running. [control]
  void bury(const std::filesystem::path& file, const VersionPtr& version);

  [[nodiscard]] Settings settings() const;
  [[nodiscard]] std::uint64_t next_number();
  [[nodiscard]] std::vector<std::string> served() const;  // names, sorted
  [[nodiscard]] std::string default_agent() const;        // may be empty
  [[nodiscard]] std::vector<VersionPtr> loaded() const;   // all that may have code in memory
  [[nodiscard]] std::vector<PluginStanding> standing() const;

  // For questions about the book: `look` is called under the lock, and returns at once. [any]
  template <class Look>
  auto read(Look look) const {
    const std::lock_guard lock(mutex_);
    return look(board_);
  }

 private:
  void retire(const std::vector<VersionPtr>& versions);
  void gone(const VersionPtr& version, Generation::Retired how);
  void notice_late_unmapping();
  void begin_probation_locked(const VersionPtr& version);
  void end_probation(const VersionPtr& version);
  std::chrono::nanoseconds publish_locked();
  [[nodiscard]] bool is_overruled_locked(const Swap& swap) const;
  void take_leaving_locked(const std::filesystem::path& file, std::vector<Done>& waiting);
  [[nodiscard]] GenerationStanding standing_of(const Version& version,
                                               const Retirement::OpenTurns& turns,
                                               Moment now) const;

  const House house_;
  Retirement retirement_;
  const News news_;

  mutable std::mutex mutex_;  // guards everything below
  Settings settings_;
  Board board_;
  std::string default_agent_;  // once there is one it stays, until another is configured
  std::map<std::filesystem::path, std::vector<Done>> leaving_;  // who waits for the end of what
};

}  // namespace patchbay
