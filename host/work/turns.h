// SPDX-License-Identifier: MIT
// Runs turns: from an event to exactly one end, whatever the plugin does - returns, fails, forgets,
// hangs, or is talked over. Every accepted turn is ended here and logged here.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "codec/event.h"
#include "ground/budget.h"
#include "ground/log.h"
#include "ground/timers.h"
#include "ground/workers.h"
#include "machine/stream.h"
#include "state/account.h"
#include "state/archive.h"
#include "state/callbacks.h"
#include "state/conversations.h"
#include "state/deliveries.h"
#include "state/host_lines.h"
#include "state/metrics.h"
#include "state/replies.h"
#include "work/dictation.h"
#include "work/repeats.h"

namespace patchbay {

class Turns {
 public:
  struct House {  // what turns need of the lower floors; all of it outlives Turns
    Replies& replies;
    Conversations& conversations;
    Archive& archive;
    Metrics& metrics;
    Timers& timers;
    Workers& workers;  // for plugins' code that may block
    Workers& urgent;   // for cancels: never behind agents that block
    Log& log;
  };
  struct Order {
    Event event;
    std::string body;  // the verified request body, byte for byte
    Lease lease;
    std::shared_ptr<Stream> stream;  // null for an event that is answered already
    ReplyKind kind;
    // What tells two deliveries of one turn_id apart, see docs/decisions/0012: what was said in it.
    std::uint64_t content = 0;
    std::shared_ptr<Share> share = {};  // of what all bodies may hold: goes where the body goes
  };
  struct Options {
    Duplicates duplicates = Duplicates::answer;
    Deliveries::Limits answers = {};  // how long, and how many, they are kept for a repeat
    std::size_t workers = 1'000;      // how many there are: an agent has half of them
    std::size_t urgent_workers = 8;   // the same for cancels
  };

  Turns(House house, std::size_t most_at_once) : Turns(house, most_at_once, Options{}) {}
  Turns(House house, std::size_t most_at_once, Options options);

  // Begins the turn and returns; the answer goes out through the order's stream. One that came
  // before is not begun again: see Duplicates. The Error (too many turns, draining, or
  // delivered_twice) means that nothing was begun and nothing written. [any]
  [[nodiscard]] Problem begin(Order order);

  // A plugin ends the reply it kept. VAP_E_ENDED where it was ended before. [any]
  vap_status_t end(vap_reply_t number, const Agent& agent, vap_status_t status,
                   std::string_view why);

  // Why no turn begins any more; nothing while turns may begin. [any]
  [[nodiscard]] Problem closing() const { return account_.closing(); }

  // From here begin() refuses. [control]
  void close() { account_.close(); }
  // close(), and wait. True where every turn has ended within that time. [control]
  bool drain(Milliseconds most);
  // The conversation ("bakery\nconv_9") was purged: see Deliveries::forget. [any]
  void forget(const std::string& conversation) { deliveries_.forget(conversation); }
  // Ends every open turn for the caller and cancels it for its plugin. [control]
  void cancel_all();
  // The same for the turns of one generation that was replaced. [any]
  void cancel_all_of(const Generation& generation);

  [[nodiscard]] std::size_t open() const { return account_.open(); }
  // Writes the account down, and whether it adds up: at the end. [control]
  void write_account() const { account_.write(house_.log); }
  // Another host wants the conversation that this one holds for a turn, or has it. [any]
  void give_way(const Hold& hold);
  // Tells of calls into plugins that do not come back, has what is being said written down, and
  // checks the account: every second or so. [any], one at a time
  void look_after(Moment now);

 private:
  struct Turn;
  Problem begin_fresh(Order order, std::shared_ptr<Reply> reply);
  Problem repeat(const Deliveries::Seen& seen, const Reply& asked,
                 const std::shared_ptr<Stream>& stream);
  bool open_book(Turn& turn);
  bool give_again(const Turn& turn, const KnownTurns::Before& before);
  void look_again(const std::shared_ptr<Turn>& turn);
  void watch_listener(const std::shared_ptr<Reply>& reply, const std::shared_ptr<Stream>& stream);
  void set_alarms(const std::shared_ptr<Reply>& reply);
  void fill(Reply& reply);
  void run(const std::shared_ptr<Turn>& turn);
  void call(const std::shared_ptr<Turn>& turn);
  void cancel(const std::shared_ptr<Reply>& reply, vap_cancel_t reason);
  void let_know(const std::shared_ptr<Reply>& reply, vap_cancel_t reason);
  void push_cancel(const std::shared_ptr<Reply>& reply, vap_cancel_t reason);
  void finish(Reply& reply, Outcome outcome, std::string_view why = {});
  void unhook(const Reply& reply);

  const House house_;
  const Options options_;
  Account account_;
  Deliveries deliveries_;
  Repeats repeats_;
  HostLines lines_;
  Callbacks callbacks_;  // on_turn
  Callbacks cancels_;    // on_cancel
  Dictation dictation_;  // used by look_after() alone
  std::atomic<bool> imbalance_told_ = false;
};

}  // namespace patchbay
