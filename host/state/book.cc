// SPDX-License-Identifier: MIT
#include "state/book.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include "codec/turn_record.h"

namespace patchbay {
namespace {

constexpr std::string_view turn_prefix = "t/";

std::string turn_key(std::uint64_t number) {
  return fmt::format("{}{:012}", turn_prefix, number);  // so that their order is that of bytes
}

Error forgotten() {
  return {"forgotten", "the conversation was purged while this turn was running", ""};
}

}  // namespace

// Whoever waits for a Write, and how that went.
class Book::Ticket {
 public:
  void say(Scribe::Outcome outcome) {
    {
      const std::lock_guard lock(mutex_);
      if (!outcome_) outcome_ = outcome;
    }
    said_.notify_all();
  }
  // The scribe says `late` when its budget is over: so this waits no longer than that.
  Scribe::Outcome wait() {
    std::unique_lock lock(mutex_);
    said_.wait(lock, [&] { return outcome_.has_value(); });
    return *outcome_;
  }

 private:
  std::mutex mutex_;  // guards outcome_
  std::condition_variable said_;
  std::optional<Scribe::Outcome> outcome_;
};

Book::Book(const Desk& desk, std::string name)
    : desk_(desk),
      name_(std::move(name)),
      values_(desk.limits.values),
      journal_(desk.limits.journal),
      history_(desk.limits.history),
      keep_(desk.keep) {}

Problem Book::open() {
  const std::lock_guard opening(opening_);
  const bool overtaken = told_->overtaken;
  std::shared_ptr<Ticket> last;
  std::uint64_t posts = 0;
  {
    const std::lock_guard lock(mutex_);
    if (struck_) return forgotten();
    if (open_ && !stale_ && !overtaken) return std::nullopt;
    // Whoever has just written in it knows the newest.
    const bool is_newest = open_ && !overtaken && told_->unwritten > 0;
    const bool is_too_soon = why_not_ && Clock::now() < retry_at_;
    if (open_ && (is_newest || is_too_soon)) go_on();
    if (is_newest) return std::nullopt;
    if (is_too_soon) return why_not_;
    // What of ours is on its way shall be in what is read.
    if (told_->unwritten > 0) last = post_awaited({});
    posts = posts_;
  }
  if (last) static_cast<void>(last->wait());
  Result<std::vector<Record>> records = desk_.store.load(name_);
  if (desk_.on_read) desk_.on_read(records ? Problem() : records.error());
  const std::lock_guard lock(mutex_);
  if (struck_) return forgotten();
  if (!records) {
    retry_at_ = Clock::now() + desk_.retry;
    why_not_ = records.error();
    if (open_) go_on();
    return why_not_;
  }
  why_not_.reset();
  // What was written meanwhile may not be in what was read; then it is read another time.
  if (!open_ || (posts == posts_ && told_->unwritten == 0)) {
    told_->overtaken = false;
    take_in(*std::move(records));
  }
  go_on();
  return std::nullopt;
}

// With what is known, from here on; what has waited for that comes first.
void Book::go_on() {
  open_ = true;
  stale_ = false;
  for (const Entry& entry : std::exchange(waiting_, {})) entry.write();
}

void Book::take_in(std::vector<Record> records) {
  Values values(desk_.limits.values);
  Journal journal(desk_.limits.journal);
  std::vector<TurnRecord> turns;
  for (Record& record : records) {
    if (record.key.starts_with(turn_prefix)) {
      // One that nobody can read is left where it is: a newer host may.
      if (auto turn = decode_turn_record(record.value)) turns.push_back(*std::move(turn));
    } else if (!journal.restore(record)) {
      values.restore(record);
    }
  }
  History history(desk_.limits.history);
  history.restore(std::move(turns));
  history.keep_replies(history_);
  journal.keep_holders(journal_);
  values_ = std::move(values);
  journal_ = std::move(journal);
  history_ = std::move(history);
}

bool Book::is_open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

void Book::distrust() {
  const std::lock_guard lock(mutex_);
  stale_ = true;
}

bool Book::has_unwritten() const {
  const std::lock_guard lock(mutex_);
  return told_->unwritten > 0 || !waiting_.empty();
}

std::size_t Book::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

Book::Got Book::get(std::string_view key) const {
  const std::lock_guard lock(mutex_);
  if (!open_) return {VAP_E_UNAVAILABLE};
  Values::Value value = values_.get(key);
  return {value.bytes ? VAP_OK : VAP_E_NOT_FOUND, std::move(value)};
}

// Changes what is here, under the lock, and waits without it until that is written down.
template <class Change>
vap_status_t Book::write(Change change) {
  std::shared_ptr<Ticket> ticket;
  {
    const std::lock_guard lock(mutex_);
    auto changed = change();
    if (!changed.change) return changed.status;
    ticket = post_awaited({*std::move(changed.change)});
  }
  return wait_for(ticket);
}

vap_status_t Book::put(std::string_view key, std::string_view value, std::uint64_t revision) {
  return write([&]() -> Values::Put {
    if (!open_) return {VAP_E_UNAVAILABLE};
    return values_.put(key, value, revision, desk_.revisions.next());
  });
}

Journal::Begun Book::begin_step(std::string_view key, std::uint64_t holder) {
  std::shared_ptr<Ticket> ticket;
  Journal::Begun begun;
  {
    const std::lock_guard lock(mutex_);
    if (!open_) return {VAP_E_UNAVAILABLE};
    begun = journal_.begin(key, holder, desk_.revisions.next());
    if (!begun.change) return begun;
    ticket = post_awaited({*std::exchange(begun.change, std::nullopt)});
  }
  const vap_status_t written = wait_for(ticket);
  if (written == VAP_OK) return begun;
  if (written == VAP_E_CONFLICT) return {VAP_E_AGAIN};
  // Nobody shall run what a killed host would not know of.
  const std::lock_guard lock(mutex_);
  if (begun.status == VAP_E_IN_DOUBT) {
    journal_.abandon(key, holder);
  } else if (Journal::Settled dropped = journal_.drop(key, holder); dropped.change) {
    post({*std::move(dropped.change)}, {});
  }
  return {VAP_E_UNAVAILABLE};
}

vap_status_t Book::finish_step(std::string_view key, std::uint64_t holder,
                               std::string_view result) {
  return write([&] { return journal_.finish(key, holder, result, desk_.revisions.next()); });
}

vap_status_t Book::drop_step(std::string_view key, std::uint64_t holder) {
  return write([&] { return journal_.drop(key, holder); });
}

void Book::abandon_step(std::string_view key, std::uint64_t holder) {
  const std::lock_guard lock(mutex_);
  journal_.abandon(key, holder);
}

void Book::begin_turn(TurnRecord opening, std::uint64_t reply,
                      std::optional<Interruption> interruption, Milliseconds window) {
  enter(reply, [this, opening = std::move(opening), reply, interruption = std::move(interruption),
                window] { begin_now(opening, reply, interruption, window); });
}

void Book::begin_now(TurnRecord opening, std::uint64_t reply,
                     const std::optional<Interruption>& interruption, Milliseconds window) {
  keep_ = desk_.keep;  // also where a session had ended: the caller is back
  const bool runs = unread_.erase(reply) > 0;
  const TurnRecord* same = window > Milliseconds{0} ? history_.same_as(opening) : nullptr;
  const bool is_over = same != nullptr && is_answer(*same, opening, window);
  if (is_over && !runs) {
    before_.emplace(reply, same->number);
    return;
  }
  if (interruption) {
    if (const auto correction = history_.heard(*interruption); correction.turn != nullptr)
      write_turns(std::array{correction.turn});
  }
  const bool resumes = same != nullptr && !is_over && history_.is_newest(same->number) &&
                       (same->ended_ms == 0 ? !history_.is_ours(same->number) : never_ran(*same));
  write_turns(std::array{resumes ? &history_.resume(same->number, opening, reply)
                                 : &history_.begin(std::move(opening), reply)});
}

// Its caller was gone before any worker was free, and nobody has an answer to it.
bool Book::never_ran(const TurnRecord& turn) const {
  return turn.beside.unheard_of && turn.outcome == "caller_gone" && history_.is_newest(turn.number);
}

bool Book::is_answer(const TurnRecord& turn, const TurnRecord& opening, Milliseconds window) const {
  return turn.ended_ms != 0 && opening.begun_ms - turn.ended_ms < window.count() &&
         !never_ran(turn);
}

void Book::end_turn(std::uint64_t reply, std::vector<SaidPiece> said, std::string_view outcome,
                    std::int64_t unix_ms, BesideWords beside) {
  enter(reply, [this, reply, said = std::move(said), outcome = std::string(outcome), unix_ms,
                beside = std::move(beside)] {
    const std::uint64_t number = history_.number_of(reply);
    history_.said(number, said);
    if (const TurnRecord* turn = history_.ended(number, outcome, unix_ms, beside))
      write_turns(std::array{turn});
  });
}

std::optional<Book::Before> Book::ended_before(const TurnRecord& opening,
                                               Milliseconds window) const {
  const std::lock_guard lock(mutex_);
  const TurnRecord* same = window > Milliseconds{0} ? history_.same_as(opening) : nullptr;
  if (same == nullptr || !is_answer(*same, opening, window)) return std::nullopt;
  return Before{*same, !history_.is_newest(same->number)};
}

std::optional<Book::Before> Book::answer_before(std::uint64_t reply) {
  const std::lock_guard lock(mutex_);
  const bool waits = std::any_of(waiting_.begin(), waiting_.end(),
                                 [&](const Entry& entry) { return entry.reply == reply; });
  if (waits) unread_.insert(reply);
  const auto found = before_.find(reply);
  if (found == before_.end()) return std::nullopt;
  const TurnRecord* turn = history_.turn(found->second);
  const bool overtaken = !history_.is_newest(found->second);
  before_.erase(found);
  if (turn == nullptr) return std::nullopt;
  return Before{*turn, overtaken};
}

std::optional<std::vector<HistoryLine>> Book::lines(std::uint64_t reply, std::size_t most,
                                                    std::size_t bytes) const {
  const std::lock_guard lock(mutex_);
  if (!open_) return std::nullopt;
  return history_.lines(history_.number_of(reply), most, bytes);
}

void Book::end_session() {
  enter(0, [this] {
    keep_ = desk_.keep_after_end;
    post({}, {});
  });
}

void Book::strike() {
  const std::lock_guard lock(mutex_);
  struck_ = true;
  open_ = false;
  values_ = Values(desk_.limits.values);
  journal_ = Journal(desk_.limits.journal);
  history_ = History(desk_.limits.history);
  waiting_.clear();
}

// Counts as unwritten until then, so that nobody reads what is still there.
void Book::begin_anew(Scribe::Done done) {
  const std::lock_guard lock(mutex_);
  open_ = true;
  ++told_->unwritten;
  desk_.scribe.post_forget(name_, [told = told_, done = std::move(done)](Scribe::Outcome outcome) {
    if (outcome == Scribe::Outcome::lost) told->overtaken = true;  // it is there as before
    if (outcome != Scribe::Outcome::late) --told->unwritten;
    if (done) done(outcome);
  });
}

// Runs the entry under the lock: now, or when the book is open and holds what others have written.
// A turn must not take the number of one that another host has had meanwhile.
void Book::enter(std::uint64_t reply, std::function<void()> entry) {
  const std::lock_guard lock(mutex_);
  if (struck_) return;
  if (open_ && !stale_) return entry();
  if (waiting_.size() < desk_.limits.waiting) return waiting_.push_back({reply, std::move(entry)});
  desk_.scribe.lose("the store cannot be read");
}

void Book::write_turns(std::span<const TurnRecord* const> turns) {
  std::vector<RecordChange> changes;
  for (const TurnRecord* turn : turns)
    changes.push_back({turn_key(turn->number), encode_turn_record(*turn), desk_.revisions.next()});
  for (const std::uint64_t number : history_.take_emptied()) {
    if (const TurnRecord* turn = history_.turn(number))
      changes.push_back({turn_key(number), encode_turn_record(*turn), desk_.revisions.next()});
  }
  for (const std::uint64_t number : history_.take_dropped())
    changes.push_back({turn_key(number), std::nullopt});
  post(std::move(changes), {});
}

// Called locked, so that the store sees the changes in their order.
void Book::post(std::vector<RecordChange> changes, Scribe::Done done) {
  ++posts_;
  ++told_->unwritten;
  desk_.scribe.post({name_, std::move(changes), keep_},
                    [told = told_, done = std::move(done)](Scribe::Outcome outcome) {
                      if (outcome == Scribe::Outcome::conflict) told->overtaken = true;
                      if (outcome != Scribe::Outcome::late) --told->unwritten;
                      if (done) done(outcome);
                    });
}

std::shared_ptr<Book::Ticket> Book::post_awaited(std::vector<RecordChange> changes) {
  auto ticket = std::make_shared<Ticket>();
  post(std::move(changes), [ticket](Scribe::Outcome outcome) { ticket->say(outcome); });
  return ticket;
}

vap_status_t Book::wait_for(const std::shared_ptr<Ticket>& ticket) {
  switch (ticket->wait()) {
    case Scribe::Outcome::written:
      return VAP_OK;
    case Scribe::Outcome::late:
      return VAP_LATER;
    case Scribe::Outcome::lost:
      return VAP_E_UNAVAILABLE;
    case Scribe::Outcome::conflict:
      break;
  }
  static_cast<void>(open());  // what the other host wrote is what counts
  return VAP_E_CONFLICT;
}

}  // namespace patchbay
