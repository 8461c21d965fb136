// SPDX-License-Identifier: MIT
// The host that a checked plugin sees: in memory, for one agent, and it takes notes of all that the
// agent does. Can be told to refuse what it is asked, or to have no extensions.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "check/loan.h"
#include "check/toy_requests.h"
#include "check/toy_tasks.h"
#include "check/toy_tools.h"
#include "ground/clock.h"
#include "state/history.h"
#include "state/journal.h"
#include "state/values.h"
#include "vap/vap.h"

namespace patchbay {

// Which of the host's functions refuse.
enum class Refusing {
  nothing,
  say,
  data,
  end,
  state,
  history,
  journal,
  task,
  http,
  tool,
  hangup,
  everything
};

struct HostHabits {
  bool extensions = true;
  Refusing refusing = Refusing::nothing;
  vap_status_t refusal = VAP_E_FAILED;
  Milliseconds longest_delay{20};  // of tasks; they need not take as long as they ask for
};
inline constexpr Milliseconds any_delay{std::numeric_limits<std::int32_t>::max()};

// What has become of one reply.
struct HeardWords {
  std::string said;
  std::vector<std::string> data;
  int words = 0;            // say() and data() that were let through
  int words_after_end = 0;  // and those that came too late
  int ends = 0;             // calls of end()
  vap_status_t end_status = VAP_OK;
  std::string end_reason;
  bool closed = false;  // the host has ended it, after on_turn returned
  vap_cancel_t cancelled = VAP_CANCEL_NONE;
  int unsent = 0;                    // requests, which all fail here
  std::vector<std::string> begun;    // steps of the journal that were its to run
  std::vector<std::string> settled;  // and those that it then finished or dropped

  [[nodiscard]] bool silent() const { return words == 0; }
};

class ToyHost {
 public:
  explicit ToyHost(HostHabits habits);
  ToyHost(const ToyHost&) = delete;
  ToyHost& operator=(const ToyHost&) = delete;

  [[nodiscard]] const vap_host_t* table() const { return &seat_.table; }
  ToyTasks& tasks() { return tasks_; }
  ToyTools& tools() { return tools_; }

  vap_reply_t open(const TurnText& turn);
  void close(vap_reply_t number);  // on_turn has returned, and kept nothing
  void cancel(vap_reply_t number, vap_cancel_t why);
  [[nodiscard]] HeardWords heard(vap_reply_t number) const;

  // True: it came to that within the time.
  bool ended_within(vap_reply_t number, Milliseconds most) const;
  bool spoken_within(vap_reply_t number, Milliseconds most) const;

  // Calls that named a reply which was never opened here, eg. because it is another agent's.
  [[nodiscard]] int strange_calls() const;

 private:
  friend struct ToyTable;
  struct Reply {
    TurnText turn;
    Moment deadline;
    HeardWords heard;
    std::vector<std::shared_ptr<const void>> lent;  // what was given out until its end
  };

  // What is remembered of one conversation.
  struct Talk {
    Values values{Values::Limits{}};
    Journal journal{Journal::Limits{}};
    History history;
  };

  vap_status_t emit(vap_reply_t number, std::string_view bytes, bool is_data);
  vap_status_t end(vap_reply_t number, vap_status_t status, const vap_error_t* why);
  vap_status_t read(vap_reply_t number, std::size_t most, std::size_t most_bytes,
                    const vap_line_t* const** out, std::size_t* count);
  vap_status_t begin_step(vap_reply_t number, std::string_view key, vap_str_t* out);
  // result null: it was not done.
  vap_status_t settle_step(vap_reply_t number, std::string_view key, const vap_str_t* result);
  [[nodiscard]] vap_status_t refusal_to(Refusing what) const;
  Reply* find(vap_reply_t number);
  Talk& talk(const Reply& reply);
  void note_said(vap_reply_t number, const Reply& reply);
  [[nodiscard]] static bool is_over(const HeardWords& heard) {
    return heard.closed || heard.ends > 0;
  }

  const HostHabits habits_;
  ToyTools tools_;
  ToySeat seat_;
  mutable std::mutex mutex_;  // guards everything below
  mutable std::condition_variable changed_;
  std::map<vap_reply_t, Reply> replies_;
  std::map<std::string, Talk> talks_;  // by conversation
  std::uint64_t last_revision_ = 0;
  vap_reply_t last_number_;
  int strange_calls_ = 0;
  ToyRequests requests_{tasks_};
  ToyTasks tasks_;  // the last member: its threads use the others
};

}  // namespace patchbay
