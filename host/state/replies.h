// SPDX-License-Identifier: MIT
// The open answers to turns. A plugin knows a reply by its number alone: a stale or foreign number
// finds nothing, so it can harm nothing. What a reply may still do is decided here; when it must
// end is the turn's business.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "codec/http_response.h"
#include "codec/sse.h"
#include "ground/clock.h"
#include "ground/farewells.h"
#include "machine/stream.h"
#include "state/book.h"
#include "state/generation.h"
#include "state/recorded.h"
#include "state/transcript.h"
#include "vap/vap.h"

namespace patchbay {

// Who and what a turn is about: for the log line at its end.
struct TurnFacts {
  std::string event;         // eg: "message"
  std::string conversation;  // conversation_id
  std::string session;
  std::optional<std::string> turn;  // turn_id
  std::string language = {};        // of the caller, eg: "de-AT"; empty where nobody said
};

// Everything here may be called from any thread at once.
class Reply {
 public:
  Reply(vap_reply_t number, ReplyKind kind, TurnFacts facts, Lease lease,
        std::shared_ptr<Stream> stream, Moment opened, Milliseconds budget);

  // For the plugin. Text over 1 MiB is VAP_E_LIMIT; JSON that is none is VAP_E_INVALID. say() and
  // data() wait for a slow listener until the turn's deadline, or not at all with VAP_NOWAIT.
  vap_status_t say(std::string_view text, vap_emit_flags_t flags);
  vap_status_t data(std::string_view json, vap_emit_flags_t flags);
  vap_status_t hangup(bool send_event);
  [[nodiscard]] vap_cancel_t cancelled() const { return cancelled_.load(); }
  [[nodiscard]] std::int64_t time_left_ms(Moment now) const;

  // The host speaks because the agent does not: true where it did, false where the agent's first
  // word, or the end, came first. What the agent says afterwards begins with a blank. Waits for
  // nobody. With `notice`, JSON for the screen goes before it, unless it is empty.
  bool fill(std::string_view text, std::string_view notice);

  // Nobody wants this turn's words any more. True for the first reason, which is the one that
  // counts.
  bool cancel(vap_cancel_t reason);
  // Calls `then` once nobody wants its words any more or it has ended, on the thread where that
  // happens, without a lock of ours; at once where it has happened.
  void when_over(std::function<void()> then) { farewells_.add(std::move(then)); }
  // That listener has gone: a cancel, unless the answer has moved on to another. True where it is
  // the reason that counts.
  bool lose(const Stream* listener);
  // The same turn came again over a newer connection: that gets everything from the beginning, and
  // all that follows; the older one is ended. False where the answer is over: see recorded().
  bool move_to(const std::shared_ptr<Stream>& newer);
  // The end of what the caller hears: goes out when this is destroyed, at the latest.
  class Ending {
   public:
    Ending(std::shared_ptr<Stream> stream, std::string events)
        : stream_(std::move(stream)), events_(std::move(events)) {}
    Ending(Ending&&) = default;
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;
    Ending& operator=(Ending&&) = delete;
    ~Ending();

   private:
    std::shared_ptr<Stream> stream_;  // null: it has gone out already
    std::string events_;
  };
  // Ends the reply, once: something for the call that did it. `last_words` is said first, unless it
  // is empty; behind other words with a blank before it. Where the caller is gone it is said only
  // if he came back meanwhile. From here the record is complete, and nothing else is said.
  std::optional<Ending> close(Outcome outcome, std::string_view last_words);

  // Its answer stands in its conversation's book, as its end says: for the next turn, which waits
  // for that. Whoever waits must not be the one who closes it; it takes microseconds. [any]
  void note_written() {
    written_ = true;
    written_.notify_all();
  }
  void await_written() const { written_.wait(false); }

  // The answer is one that was given before: these pieces, and the end. What the host said
  // meanwhile stays before it. False where it was closed before.
  bool close_as(Outcome outcome, std::vector<Piece> pieces);
  // The same with a refusal instead, where no event was sent yet.
  bool refuse(const HttpResponse& response);

  // What went to the caller, in the order of the wire: complete when close() has returned. After 1
  // MiB nothing further is kept, and is_cut() says so.
  [[nodiscard]] std::vector<Piece> transcript() const;
  [[nodiscard]] bool is_cut() const;
  // How many pieces that is by now.
  [[nodiscard]] std::size_t pieces() const;
  // The answer as a whole, once it is closed.
  [[nodiscard]] Recorded recorded() const;

  // Either the plugin gets to know this reply, or it was withdrawn before: true for the first of
  // the two calls, false for the other. A plugin is told of no cancel of what it never got.
  bool give() { return settle(Custody::given); }
  bool withdraw() { return settle(Custody::withdrawn); }

  // The alarms of this turn, its deadline and its filler; 0: none. An end that comes before they
  // are set leaves them to ring for nothing.
  void set_alarm(std::uint64_t alarm) { alarm_ = alarm; }
  [[nodiscard]] std::uint64_t alarm() const { return alarm_; }
  void set_filler_alarm(std::uint64_t alarm) { filler_alarm_ = alarm; }
  [[nodiscard]] std::uint64_t filler_alarm() const { return filler_alarm_; }

  // Another host runs its turn: it only waits for the answer. [any]
  void set_elsewhere(bool elsewhere) { elsewhere_ = elsewhere; }
  [[nodiscard]] bool is_elsewhere() const { return elsewhere_; }

  // What is remembered of its conversation; null where it has none. Set before anybody else knows
  // the reply.
  void set_book(std::shared_ptr<Book> book) { book_ = std::move(book); }
  [[nodiscard]] Book* book() const { return book_.get(); }

  // Keeps bytes alive until the plugin has let go of this reply. [until-end]
  std::string_view keep(std::shared_ptr<const std::string> bytes);

  [[nodiscard]] vap_reply_t number() const { return number_; }
  [[nodiscard]] ReplyKind kind() const { return kind_; }
  [[nodiscard]] const TurnFacts& facts() const { return facts_; }
  // By what its conversation is known in the host and in the store: see conversation_name().
  [[nodiscard]] const std::string& talk() const { return talk_; }
  [[nodiscard]] Agent& agent() const { return lease_.agent(); }
  [[nodiscard]] const Lease& lease() const { return lease_; }
  [[nodiscard]] Moment opened() const { return opened_; }
  [[nodiscard]] Milliseconds budget() const { return budget_; }
  [[nodiscard]] bool is_closed() const { return closed_.load(); }
  [[nodiscard]] bool was_given() const { return custody_.load() == Custody::given; }
  // From the turn's beginning to the agent's first word or data, where it had one; and to the
  // host's filler.
  [[nodiscard]] std::optional<std::chrono::microseconds> first_word() const;
  [[nodiscard]] std::optional<std::chrono::microseconds> filler() const;
  [[nodiscard]] std::uint64_t bytes_said() const { return bytes_said_.load(); }  // by the agent

 private:
  enum class Custody : std::uint8_t { held, given, withdrawn };
  bool settle(Custody custody) {
    Custody held = Custody::held;
    return custody_.compare_exchange_strong(held, custody);
  }
  bool mark_cancelled(vap_cancel_t reason) {
    vap_cancel_t none = VAP_CANCEL_NONE;
    return cancelled_.compare_exchange_strong(none, reason);
  }
  std::optional<Ending> close_in_order(Outcome outcome, std::string_view last_words);
  vap_status_t may_speak() const;
  vap_status_t send(Piece::Kind kind, std::string_view content, vap_emit_flags_t flags);
  void append(std::string& events, const Piece& piece) const;
  void keep_locked(Piece::Kind kind, bool by_host, std::string_view content);
  void keep_locked(const Piece& piece) { keep_locked(piece.kind, piece.by_host, piece.content); }
  void answer_locked(const HttpResponse& response);
  [[nodiscard]] std::string events_locked() const;
  [[nodiscard]] bool lost_locked() const { return sent_ != record_->size(); }
  [[nodiscard]] std::int64_t passed_us() const;

  const vap_reply_t number_;
  const ReplyKind kind_;
  const TurnFacts facts_;
  const std::string talk_;
  const Lease lease_;  // the plugin stays loaded until it has let go of the reply
  const SseEncoder encoder_;
  const Moment opened_;
  const Milliseconds budget_;
  std::shared_ptr<Book> book_;
  std::atomic<std::uint64_t> alarm_{0};
  std::atomic<std::uint64_t> filler_alarm_{0};

  std::atomic<vap_cancel_t> cancelled_{VAP_CANCEL_NONE};
  std::atomic<Custody> custody_{Custody::held};
  std::atomic<bool> closed_{false};
  std::atomic<bool> hung_up_{false};
  std::atomic<bool> written_{false};
  std::atomic<bool> elsewhere_{false};
  std::atomic<std::int64_t> first_word_us_{-1};
  std::atomic<std::int64_t> filler_us_{-1};
  std::atomic<std::uint64_t> bytes_said_{0};

  // Guards everything below, and that closed_ and hung_up_ become true; held over what is written
  // to the stream, so that the order of the record is the order of the wire. Nobody waits for a
  // slow listener under it.
  mutable std::mutex mutex_;
  std::shared_ptr<Stream> stream_;  // null where silent
  // Never changed once the reply is closed: what is left of it shares it.
  const std::shared_ptr<Transcript> record_ = std::make_shared<Transcript>();
  std::size_t sent_ = 0;      // so many of them; the rest found nobody who listens
  bool cut_ = false;          // something was too much for the record
  bool spoken_ = false;       // by whoever
  bool found_again_ = false;  // the caller was gone, and has come back
  bool answered_ = false;     // the one answer of a data event
  int status_ = 200;          // of that...
  std::string json_;          // ...and its body
  Outcome outcome_ = Outcome::answered;

  Farewells farewells_;  // told under no other lock

  std::mutex kept_mutex_;  // guards kept_
  std::vector<std::shared_ptr<const std::string>> kept_;
};

// number -> reply. Numbers are never used twice in the life of the process.
class Replies {
 public:
  vap_reply_t next_number() { return next_.fetch_add(1); }
  void add(const std::shared_ptr<Reply>& reply);
  // The reply of that number if it is open and that agent's; else null. [any]
  std::shared_ptr<Reply> find(vap_reply_t number, const Agent& agent);
  // Is the reply of that number open, whosever it is? [any]
  bool is_open(vap_reply_t number);
  // Takes it out: the number is stale from here. Null where it was taken before. [any]
  std::shared_ptr<Reply> take(vap_reply_t number, const Agent& agent);
  // Every open reply, as of now. [control]
  std::vector<std::shared_ptr<Reply>> all();

 private:
  struct Shard {
    std::mutex mutex;  // guards open
    std::unordered_map<vap_reply_t, std::shared_ptr<Reply>> open;
  };
  Shard& shard(vap_reply_t number) { return shards_[number % shards_.size()]; }

  std::atomic<vap_reply_t> next_{1};
  std::array<Shard, 16> shards_;  // so that turns on different threads do not meet at one lock
};

}  // namespace patchbay
