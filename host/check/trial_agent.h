// SPDX-License-Identifier: MIT
// One agent of a checked plugin on a small host of its own, and the turns that it is put through.
// Ends nothing by itself: what a rule did not ask to be destroyed stays until the child process
// ends.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "check/loan.h"
#include "check/toy_host.h"
#include "ground/result.h"
#include "vap/vap.h"

namespace patchbay {

struct TrialTerms {
  std::string agent_id = "default";
  std::string config_json = "{}";
  HostHabits host;
  RecordSize records = RecordSize::known;
  bool take_back = false;  // make what was lent unreadable when the call has returned
};

// How one turn went.
struct TurnEnd {
  vap_status_t returned = VAP_OK;  // by on_turn
  vap_status_t status = VAP_OK;    // in the end: where the reply was kept, what end() was given
  std::string reason;              // in the agent's own words
  bool ended = false;              // false: a kept reply that nobody ended
  HeardWords heard;

  // Why this turn is a failed one; empty where it is not.
  [[nodiscard]] std::string failure() const;
};

class TrialAgent {
 public:
  // The Error tells in the plugin's words why it made none. `plugin` stays mapped. [control]
  static Result<std::unique_ptr<TrialAgent>> create(const vap_plugin_t& plugin, TrialTerms terms);

  // One whole turn: waits for a kept reply for up to `patience`.
  TurnEnd perform(const TurnText& text, Milliseconds patience = usual_patience);

  // The same in pieces, for a turn that somebody cuts short. on_turn runs on a thread of its own.
  struct Running;
  std::shared_ptr<Running> start(const TurnText& text,
                                 vap_cancel_t cancelled_before = VAP_CANCEL_NONE);
  bool spoken_within(const Running& turn, Milliseconds most) const;
  [[nodiscard]] HeardWords heard(const Running& turn) const;
  void cancel(const Running& turn, vap_cancel_t why);  // and tells the agent, if it wants to know
  [[nodiscard]] bool returned_within(Running& turn, Milliseconds most) const;  // on_turn did
  // Nothing where the agent did not let go of the turn within that time.
  std::unique_ptr<TurnEnd> finish(Running& turn, Milliseconds patience);

  // Stops its tasks and destroys it. [control]
  void destroy();

  ToyHost& host() { return host_; }
  [[nodiscard]] const vap_plugin_t& plugin() const { return plugin_; }
  [[nodiscard]] vap_agent_t* made() const { return made_; }

  static constexpr Milliseconds usual_patience{5'000};

 private:
  TrialAgent(const vap_plugin_t& plugin, TrialTerms terms);
  [[nodiscard]] Problem create();
  TurnLoan& lend(const TurnText& text);
  [[nodiscard]] TurnEnd end_of(vap_reply_t reply, vap_status_t returned,
                               const vap_error_t& why) const;

  const vap_plugin_t& plugin_;
  const TrialTerms terms_;
  ToyHost host_;
  vap_agent_t* made_ = nullptr;
  std::mutex mutex_;  // guards lent_
  // Readable to the end, where they are not taken back: so that only the rule about kept strings
  // fails over kept strings.
  std::vector<std::unique_ptr<TurnLoan>> lent_;
};

}  // namespace patchbay
