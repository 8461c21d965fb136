// SPDX-License-Identifier: MIT
// READ SECOND. How a plugin file that has settled, or a configuration that has changed, becomes
// versions that serve: stage, examine, probe, load beside, create, self-test, hand over, swap.
// Whatever fails before the swap changes nothing for any caller. What comes after it is the
// switchboard's business.
#pragma once
#include <atomic>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "flow/certificate.h"
#include "flow/change.h"
#include "flow/doings.h"
#include "flow/following.h"
#include "flow/steward.h"
#include "flow/switchboard.h"
#include "flow/wishes.h"
#include "machine/interrupt.h"
#include "machine/watch.h"

namespace patchbay {

class Reload final : public Steward {
 public:
  struct House {  // all of it outlives Reload
    Switchboard& switchboard;
    Lane& lane;
    Timers& timers;
    Turns& turns;
    Metrics& metrics;
    HostApi& api;
    Log& log;
    Certificate* certificate = nullptr;  // null where TLS is ended in front of the host
  };
  // Reads the configuration again, from wherever it came. [control]
  using Reread = std::function<Result<Settings>()>;
  struct ConfigSource {
    std::filesystem::path file;  // empty where there is none
    Reread reread;               // null where there is none
  };

  Reload(House house, ConfigSource config)
      : house_(house), config_(std::move(config)), following_(config_.file, house.log) {}

  // The first lineup. An agent that the configuration names must load: else the Error says which,
  // and why. Of a plugin directory, what cannot be loaded is logged and left out. Waits for it.
  // Once. [control]
  [[nodiscard]] Problem open();

  // From here the watch is told which files matter, also when that changes. It calls look_at(), and
  // ends before Reload does. Before open(). [control]
  void use(Watch& watch) { following_.use(watch); }

  // This file has changed, or is gone: a plugin's, the configuration's, or of the certificate.
  // [any]
  void look_at(const std::filesystem::path& file);
  void look_at_all();  // as if every plugin file had changed [any]

  // The host is about to end: what is being tried is given up, and nothing further is begun. [any]
  void stop();
  // After the lane was closed: whoever still waits hears that the host ends. [control]
  void dismiss() { wishes_.dismiss(); }

  [[nodiscard]] Standing standing() const override;
  void load(const std::string& agent_or_file, Done done) override;
  void unload(const std::string& agent, Done done) override;
  void rollback(const std::string& agent, Done done) override;
  void reload_config(Done done) override;

 private:
  // What somebody wants of a file, beyond a look at it.
  struct Asked {
    bool insists = false;              // also where its digest was refused
    std::set<std::string> opens = {};  // agents that are to serve again, though they were unloaded
  };

  // Does it on the lane, and answers with what came of it.
  void wish(Done done, std::function<Problem()> work);

  // What leads to a change. [control]
  Problem take(const std::filesystem::path& file);
  Problem take_file(const std::filesystem::path& file, const Asked& asked);
  Problem yield_to(const std::filesystem::path& file, const std::string& digest, bool insists);
  Problem take_config();
  Problem take_all();
  Problem take_previous(const std::string& agent);
  Problem cannot_stage(const std::filesystem::path& file, const Error& why);
  [[nodiscard]] std::optional<Problem> verdict_on(const Candidate& candidate, bool insists) const;

  // The pipeline: each step refuses, or goes on to the next. [control]
  Problem bring_in(Change change);
  void approve_all(Change& change);
  void approve_one(Newcomer& newcomer, const Config& config);
  Problem make_ready(Newcomer& newcomer, const Change& change);
  Problem swap_in(const Change& change);
  void give_up(const Newcomer& newcomer);
  [[nodiscard]] Problem stopped() const;

  const House house_;
  const ConfigSource config_;
  const Moment began_ = Clock::now();
  Following following_;

  Wishes wishes_;
  std::atomic<bool> stopping_ = false;
  Interrupt stop_;  // the same, for whoever waits for a trial
  Doings doings_;

  std::mutex mutex_;                         // guards looking_
  std::set<std::filesystem::path> looking_;  // files whose look is queued
};

}  // namespace patchbay
