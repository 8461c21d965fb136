// SPDX-License-Identifier: MIT
// What agents ask of the world (vap.http/1): judges whom an agent may ask, fills in the secrets it
// names, ties each request to its turn and to a lease, and counts them all.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ground/couriers.h"
#include "ground/log.h"
#include "ground/timers.h"
#include "machine/transfers.h"
#include "state/callbacks.h"
#include "state/metrics.h"
#include "state/replies.h"
#include "work/request.h"
#include "work/stuck_calls.h"

namespace patchbay {

// What a plugin asks for, in our words; the texts are the plugin's.
struct HttpWish {
  std::string_view method;  // empty: by the body
  std::string_view url;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string_view body;
  Milliseconds connect{0}, first_byte{0}, idle{0}, whole{0};  // 0: ours
  bool follow = false;
};

class Requests {
 public:
  using Id = Request::Id;
  struct House {  // all of it outlives Requests
    Replies& replies;
    Metrics& metrics;
    Timers& timers;
    Log& log;
  };
  struct Limits {
    std::size_t open = 4'000;         // requests at once
    std::size_t open_of_one = 2'000;  // of one agent
    Couriers::Limits couriers = {};
    Milliseconds stuck_after{60'000};  // a callback that is out for longer does not come back
  };
  Requests(House house, std::unique_ptr<Transfers> transfers)
      : Requests(house, std::move(transfers), Limits{}) {}
  Requests(House house, std::unique_ptr<Transfers> transfers, Limits limits);
  Requests(const Requests&) = delete;
  Requests& operator=(const Requests&) = delete;

  struct Answer {
    vap_status_t status = VAP_OK;
    std::string why = {};  // where it is below 0, for a person; never a secret
  };
  // See vap_http.h. `id` may be null. [any]
  Answer send(Agent& agent, vap_reply_t reply, const HttpWish& wish, const Request::Plugin& plugin,
              Id* id);
  vap_status_t cancel(const Agent& agent, Id id);
  Answer warm(const Agent& agent, std::string_view url);
  // Opens the connections that the agent's settings name. [any]
  void warm_up(const Agent& agent);

  // Cuts the requests of a version that winds down; it sends no further. [any]
  void cut(const Generation& generation);
  // The host goes down: cuts all, and takes no further. [control]
  void close();
  // Tells of callbacks that do not come back. [any]
  void look_after(Moment now) {
    tell_stuck(callbacks_, "vap.http/1", now, house_.metrics, house_.log);
  }
  // How many of that version are open. [any]
  [[nodiscard]] std::size_t open(const Generation& generation) const;
  // True where no code of a plugin runs for a request within that time. [control]
  bool idle_within(Milliseconds most) { return couriers_.idle_within(most); }
  [[nodiscard]] std::size_t threads() const { return couriers_.threads(); }

 private:
  struct Judged {  // a wish that may go out
    TransferOrder order;
    Answer answer;  // below 0: it may not
  };
  Judged judge(const Agent& agent, const HttpWish& wish) const;
  Answer fill_headers(const Agent& agent, const HttpWish& wish, TransferOrder& order) const;
  Answer admit(const std::shared_ptr<Request>& request);
  void deliver(std::shared_ptr<Request> request);
  void cut(Request& request);
  void over(Request& request, const TransferEnd& end);
  void count_open_locked(const Agent& agent) const;
  void write_down(const Request& request, const TransferEnd& end) const;

  const House house_;
  const Limits limits_;
  const Request::Ways ways_;

  mutable std::mutex mutex_;  // guards the four below
  std::unordered_map<Id, std::shared_ptr<Request>> open_;
  std::map<const Agent*, std::size_t> open_of_;  // those that have some: so their leases are out
  Id last_ = 0;
  bool closed_ = false;

  std::atomic<std::size_t> warming_ = 0;  // connections that are being opened ahead
  Callbacks callbacks_;
  Couriers couriers_;
  std::unique_ptr<Transfers> transfers_;  // the last member: its thread uses the others
};

}  // namespace patchbay
