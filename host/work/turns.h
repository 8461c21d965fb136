// SPDX-License-Identifier: MIT
// Runs turns: from an event to exactly one end, whatever the plugin does - returns, fails, forgets,
// hangs, or is talked over. Every accepted turn is ended here and logged here.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "codec/event.h"
#include "ground/log.h"
#include "ground/timers.h"
#include "ground/workers.h"
#include "machine/stream.h"
#include "state/conversations.h"
#include "state/memory.h"
#include "state/metrics.h"
#include "state/replies.h"

namespace patchbay {

class Turns {
 public:
  struct House {  // what turns need of the lower floors; all of it outlives Turns
    Replies& replies;
    Conversations& conversations;
    Memory& memory;
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
  };

  Turns(House house, std::size_t most_at_once);

  // Begins the turn and returns; the answer goes out through the order's stream. The Error (too
  // many turns, or draining) means that nothing was begun and nothing written. [any]
  [[nodiscard]] Problem begin(Order order);

  // A plugin ends the reply it kept. VAP_E_ENDED where it was ended before. [any]
  vap_status_t end(vap_reply_t number, const Agent& agent, vap_status_t status,
                   std::string_view why);

  // Why no turn begins any more; nothing while turns may begin. [any]
  [[nodiscard]] Problem closing() const;

  // From here begin() refuses. [control]
  void close();
  // close(), and wait. True where every turn has ended within that time. [control]
  bool drain(Milliseconds most);
  // Ends every open turn for the caller and cancels it for its plugin. [control]
  void cancel_all();
  // The same for the turns of one generation that was replaced. [any]
  void cancel_all_of(const Generation& generation);

  [[nodiscard]] std::size_t open() const;

 private:
  struct Turn;
  void run(const std::shared_ptr<Turn>& turn);
  void cancel(const std::shared_ptr<Reply>& reply, vap_cancel_t reason, Outcome outcome);
  void finish(Reply& reply, Outcome outcome, std::string_view why = {});
  void write_down(const Reply& reply, Outcome outcome, std::string_view why);
  static void judge(const Reply& reply, Outcome outcome);
  bool admit();
  void leave();

  const House house_;
  const std::size_t most_;

  mutable std::mutex mutex_;  // guards open_ and draining_
  std::condition_variable none_open_;
  std::size_t open_ = 0;
  bool draining_ = false;
};

}  // namespace patchbay
