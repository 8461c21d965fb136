// SPDX-License-Identifier: MIT
// What agents ask of each other (vap.tool/1): judges who may call whom, finds the version that
// serves, ties each call to its turn and to a lease on either side, runs it, cuts it when its time
// is over, and counts them all. No thread waits for a call.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ground/couriers.h"
#include "ground/log.h"
#include "ground/timers.h"
#include "ground/workers.h"
#include "state/callbacks.h"
#include "state/metrics.h"
#include "state/replies.h"
#include "state/routes.h"
#include "work/stuck_calls.h"
#include "work/tool_call.h"

namespace patchbay {

class ToolCalls {
 public:
  using Id = ToolCall::Id;
  struct House {  // all of it outlives ToolCalls
    const Routes& routes;
    Replies& replies;
    Metrics& metrics;
    Timers& timers;
    Workers& urgent;  // for cancels: never behind functions that block
    Log& log;
  };
  struct Limits {
    std::size_t open = 4'000;         // calls at once
    std::size_t open_of_one = 2'000;  // by one agent, and of one
    std::size_t workers = 1'000;      // how many there are: an agent's functions have half of them
    std::size_t urgent_workers = 8;   // the same for cancels
    Milliseconds stuck_after{5'000};  // past its time, a function does not come back
  };
  explicit ToolCalls(House house) : ToolCalls(house, Limits{}) {}
  ToolCalls(House house, Limits limits);
  ToolCalls(const ToolCalls&) = delete;
  ToolCalls& operator=(const ToolCalls&) = delete;

  struct Answer {
    vap_status_t status = VAP_OK;
    std::string why = {};  // where it is below 0, for a person
  };
  struct Order {  // the texts are the plugin's
    std::string_view agent, name, arguments;
    Milliseconds timeout{0};  // 0: ours
    bool keep = false;        // it is not cut with its turn
  };

  // --- for the caller. All [any].
  Answer list(const Agent& caller, std::string_view agent,
              const std::function<void(const ToolFacts&)>& put) const;
  Answer call(Agent& caller, vap_reply_t number, const Order& order, const ToolCall::Caller& ear,
              Id* id);
  vap_status_t cancel(const Agent& caller, Id id);

  // --- for the called agent. All [any].
  vap_status_t end(const Agent& called, Id id, ToolCall::End how);
  [[nodiscard]] vap_cancel_t cancelled(const Agent& called, Id id) const;
  [[nodiscard]] std::int64_t time_left_ms(const Agent& called, Id id) const;

  // Cuts the calls by and of a version that winds down; it makes no further. [any]
  void cut(const Generation& generation);
  // The host goes down: cuts all, and takes no further. [control]
  void close();
  // Tells of functions that do not come back. [any]
  void look_after(Moment now);
  // How many calls hold that version, on either side. [any]
  [[nodiscard]] std::size_t open(const Generation& generation) const;
  // True where no code of a plugin runs for a call within that time, for either side. [control]
  bool idle_within(Milliseconds most) {
    return runners_.idle_within(most) && tellers_.idle_within(most);
  }

 private:
  using CallPtr = std::shared_ptr<ToolCall>;
  struct Reason {
    vap_cancel_t cancel;  // for the called agent
    vap_status_t status;  // for the caller
    std::string message;
  };
  struct Found {
    Answer answer;  // below 0: there is none
    std::optional<Routes::Found> route = {};
  };
  Found find(const Agent& caller, std::string_view agent) const;
  Found judge(const Agent& caller, const Order& order, std::string_view arguments) const;
  Answer check_reply(const Agent& caller, vap_reply_t number, std::shared_ptr<Reply>& reply) const;
  Answer refused(const Agent& caller, const Order& order, Answer answer) const;
  Answer admit(const CallPtr& call, const Agent& caller);
  void set_off(const CallPtr& call);
  void tie(const CallPtr& call, const std::shared_ptr<Reply>& reply);
  void run(const CallPtr& call);
  void perform(const CallPtr& call);
  void push_cancel(const CallPtr& call, vap_cancel_t why);
  void hear_end(const CallPtr& call);
  bool cut(const CallPtr& call, const Reason& why);
  void settle(const CallPtr& call, bool caller_told = false);
  void write_down(const ToolCall& call) const;
  template <class Wanted>
  std::vector<CallPtr> all(Wanted wanted) const;
  [[nodiscard]] CallPtr found(Id id) const;

  const House house_;
  const Limits limits_;
  mutable std::mutex mutex_;  // guards the five below
  std::unordered_map<Id, CallPtr> open_;
  std::map<std::string, std::size_t> open_by_;  // by the caller's name, until it has heard
  std::map<std::string, std::size_t>
      open_of_;  // by the called agent's name, until neither holds it
  Id last_ = 0;
  bool closed_ = false;

  Callbacks functions_, cancels_, ends_;  // what agents' code is out for
  Couriers runners_;
  Couriers tellers_;  // apart from them, so that one who waits for an end does not keep it away
};

}  // namespace patchbay
