// SPDX-License-Identifier: MIT
// A steward without plugins: says what the test has it say, writes down what it is asked, and lets
// the test decide when it is done.
#pragma once
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "flow/steward.h"

namespace patchbay::test {

class ToySteward : public Steward {
 public:
  [[nodiscard]] Standing standing() const override {
    const std::lock_guard lock(mutex_);
    return standing_;
  }
  void load(const std::string& name_or_file, Done done) override {
    ask("load " + name_or_file, std::move(done));
  }
  void unload(const std::string& agent, Done done) override {
    ask("unload " + agent, std::move(done));
  }
  void rollback(const std::string& agent, Done done) override {
    ask("rollback " + agent, std::move(done));
  }
  void reload_config(Done done) override { ask("reload", std::move(done)); }

  void stands(Standing standing) {
    const std::lock_guard lock(mutex_);
    standing_ = std::move(standing);
  }
  // How all that follows ends: at once, or (`later`) when finish() says so.
  void ends(Problem outcome, bool later = false) {
    const std::lock_guard lock(mutex_);
    outcome_ = std::move(outcome);
    later_ = later;
  }
  void finish() {
    std::vector<Done> waiting;
    Problem outcome;
    {
      const std::lock_guard lock(mutex_);
      waiting.swap(waiting_);
      outcome = outcome_;
    }
    for (const Done& done : waiting) done(outcome);
  }
  [[nodiscard]] std::vector<std::string> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  void ask(std::string what, Done done) {
    Problem outcome;
    {
      const std::lock_guard lock(mutex_);
      asked_.push_back(std::move(what));
      if (later_) return waiting_.push_back(std::move(done));
      outcome = outcome_;
    }
    done(outcome);
  }

  mutable std::mutex mutex_;  // guards all below
  Standing standing_;
  Problem outcome_;
  bool later_ = false;
  std::vector<Done> waiting_;
  std::vector<std::string> asked_;
};

// A night at a host with two plugins: one of them is being replaced, and the other has a bad build.
inline Standing eventful_night() {
  const auto hex = [](char c) { return std::string(64, c); };
  PluginStanding bakery;
  bakery.file = "plugins/bakery.so";
  bakery.plugin_id = "com.example.bakery";
  bakery.agents = {"bakery", "night"};
  bakery.generations = {
      {7, "probation", "1.4.2", hex('9'), Milliseconds(12'000), 2, {}, 31, 0},
      {5, "standby", "1.4.1", hex('3'), Seconds(7'500), 0, {}, 40'211, 3},
      {2,
       "draining",
       "1.4.0",
       hex('c'),
       Seconds(190'000),
       2,
       {"message turn turn_C4 of conv_B2 for 41 s", "1 task"},
       1'204'411,
       17},
  };
  PluginStanding florist;
  florist.file = "plugins/florist.so";
  florist.plugin_id = "com.example.florist";
  florist.agents = {"florist"};
  florist.doing = "creating its agents for 12 s";
  florist.generations = {
      {4, "current", "2.0.0-rc1", hex('a'), Seconds(4'000), 0, {}, 812, 0},
      {1,
       "mapped",
       "1.9.0",
       hex('b'),
       Seconds(250'000),
       0,
       {"it has unique symbols: build it with -fno-gnu-unique"},
       9'000,
       0},
  };
  florist.refused = Refusal{{"selftest_failed", "its self-test failed: no calendar",
                             "set calendar_url in [agents.florist.config]"},
                            "2.0.1",
                            hex('d'),
                            Milliseconds(95'000)};
  Standing night;
  night.plugins = {bakery, florist};
  night.default_agent = "bakery";
  night.turns_open = 3;
  night.up = Seconds(270'000);
  return night;
}

}  // namespace patchbay::test
