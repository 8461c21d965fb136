// SPDX-License-Identifier: MIT
// Which turns were delivered before: the network, or the pipeline, may bring one twice, and the
// agent must run once. Keeps the answers of turns that are over, for a while and within bounds.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ground/clock.h"
#include "state/replies.h"

namespace patchbay {

class Deliveries {
 public:
  struct Limits {
    Milliseconds window{600'000};          // how long an answer is kept when its turn is over
    std::size_t bytes = 64 * 1024 * 1024;  // of all those answers: beyond, the oldest are emptied
    std::size_t count = 100'000;           // beyond, the oldest are forgotten
  };
  enum class Known {
    fresh,       // never seen, as far as anybody remembers
    other_text,  // the id is known, and what was said is another: not the same turn
    running,     // the same, and it is being answered
    over,        // the same, and it was answered
  };
  struct Seen {
    Known known = Known::fresh;
    std::shared_ptr<Reply> running = {};        // of a turn that runs
    std::shared_ptr<const Recorded> over = {};  // of one that is over
    bool overtaken = false;                     // a later turn of its conversation has spoken since
  };

  explicit Deliveries(Limits limits) : limits_(limits) {}

  // Has this turn come before? `content` stands for what was said in it. Where it is fresh or has
  // another text, and `may_run`, the reply is its answer from here on. A turn without an id, or
  // without a conversation, is always fresh. [any]
  Seen begin(const std::shared_ptr<Reply>& reply, std::uint64_t content, bool may_run, Moment now);
  // The reply is closed: from here its record is what a repeat gets. [any]
  void end(const Reply& reply, Moment now);
  // The reply is closed, and is no record: another host answered its turn, and knows how. [any]
  void disown(const Reply& reply);

  // What was answered in that conversation ("bakery\nconv_9") is not given again, nor what turns
  // that run are answering: a repeat gets only its end. That they ran is still known, since a turn
  // runs once. [any]
  void forget(const std::string& conversation);

  [[nodiscard]] std::size_t kept() const;
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Entry {
    std::uint64_t content = 0;
    vap_reply_t number = 0;
    std::shared_ptr<Reply> running;        // null when it is over
    std::shared_ptr<const Recorded> over;  // null while it runs
    bool forgotten = false;                // its answer is not kept when it is over
  };
  struct Over {
    std::string key;
    std::string talk;
    vap_reply_t number;
    Moment until;
  };
  // What has spoken in a conversation last, as long as any of its turns is remembered.
  struct Talk {
    vap_reply_t newest = 0;
    std::size_t entries = 0;
  };

  void take_locked(Entry& entry, const std::shared_ptr<Reply>& reply, std::uint64_t content);
  [[nodiscard]] bool is_overtaken_locked(const std::string& talk, vap_reply_t number) const;
  void forget_locked(Moment now);
  void empty_locked(Entry& entry);
  void leave_talk_locked(const std::string& talk);

  const Limits limits_;
  mutable std::mutex mutex_;  // guards everything below
  std::unordered_map<std::string, Entry> by_key_;
  std::unordered_map<std::string, Talk> talks_;
  std::deque<Over> over_;    // over longest first; may name entries that are another turn's by now
  std::size_t emptied_ = 0;  // so many at the front have given up their bytes
  std::size_t bytes_ = 0;
};

}  // namespace patchbay
