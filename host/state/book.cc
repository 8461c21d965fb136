// SPDX-License-Identifier: MIT
#include "state/book.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "codec/turn_record.h"
#include "state/turn_shelf.h"

namespace patchbay {
namespace {

Error forgotten() {
  return {"forgotten", "the conversation was purged while this turn was running", ""};
}

}  // namespace

Book::Book(const Desk& desk, std::string name)
    : desk_(desk),
      name_(std::move(name)),
      values_(desk.limits.values),
      journal_(desk.limits.journal),
      turns_(desk.limits.history, desk.window),
      outbox_(desk.scribe, name_, desk.keep) {}

Problem Book::open(bool at_once) {
  const std::lock_guard opening(opening_);
  bool overtaken = false;
  {
    const std::lock_guard lock(mutex_);
    overtaken = outbox_.is_overtaken();
    if (struck_) return forgotten();
    if (open_ && !stale_ && !overtaken) return std::nullopt;
    // Whoever has just written in it knows the newest.
    const bool is_newest = open_ && !overtaken && outbox_.has_unwritten();
    const bool is_too_soon = !at_once && why_not_ && Clock::now() < retry_at_;
    if (open_ && (is_newest || is_too_soon)) go_on(0);
    if (is_newest) return std::nullopt;
    if (is_too_soon) return why_not_;
  }
  // What of ours is on its way shall be in what is read.
  const std::uint64_t posts = wait_until_written();
  Result<std::vector<Record>> records = desk_.store.load(name_);
  const Problem dark = records ? take_in(*std::move(records), posts, overtaken) : records.error();
  if (desk_.on_read) desk_.on_read(name_, dark);
  const std::lock_guard lock(mutex_);
  if (struck_) return forgotten();
  if (dark) return go_on_alone(0, *dark);
  why_not_.reset();
  go_on(0);
  return std::nullopt;
}

Result<Holds::Taken> Book::open_for(std::uint64_t reply, bool may_seize) {
  if (desk_.fleet == nullptr) {
    if (Problem dark = open()) return *std::move(dark);
    return Holds::Taken::ours;
  }
  const std::lock_guard opening(opening_);
  std::unique_lock lock(mutex_);
  if (struck_) return forgotten();
  if (why_not_ && Clock::now() < retry_at_) return go_on_alone(reply, *why_not_);
  const Hold hold{name_, task_of(reply)};
  // What is on its way may be missing in what is read.
  const std::uint64_t posts = outbox_.has_unwritten() ? UINT64_MAX : outbox_.posts();
  lock.unlock();
  Result<Holds::Found> found = desk_.fleet->take(hold);
  const Problem dark =
      found ? take_in(std::move(found->records), posts, !found->was_ours) : found.error();
  if (desk_.on_read) desk_.on_read(name_, dark);
  lock.lock();
  if (dark) return go_on_alone(reply, *dark);
  why_not_.reset();
  Holds::Taken taken = found->taken;
  const TurnRecord* turn = waiting_.opening_of(reply);
  if (taken == Holds::Taken::other_task && turns_.runs_elsewhere(turn)) {
    taken = Holds::Taken::same_task;
  } else if (taken == Holds::Taken::other_task && may_seize && !turns_.is_repeat(reply, turn)) {
    lock.unlock();
    const Result<Holds::Taken> seized = seize(hold);
    lock.lock();
    if (!seized) return go_on_alone(reply, seized.error());
    taken = *seized;
  }
  if (taken == Holds::Taken::ours) held_[reply] = hold.task;
  if (struck_) {
    release(reply);
    return forgotten();
  }
  if (taken == Holds::Taken::same_task) waiting_.drop(reply);
  go_on(reply);
  return taken;
}

// The store is not there: what is known here is all there is, and the turn goes on.
Error Book::go_on_alone(std::uint64_t reply, const Error& why) {
  if (!why_not_ || Clock::now() >= retry_at_) retry_at_ = Clock::now() + desk_.retry;
  why_not_ = why;
  waiting_.let_go(reply);
  if (open_) go_on(reply);
  return why;
}

// Returns how many Writes there were by then.
std::uint64_t Book::wait_until_written() {
  std::shared_ptr<Ticket> last;
  std::unique_lock lock(mutex_);
  if (outbox_.has_unwritten()) last = outbox_.post_awaited({});
  const std::uint64_t posts = outbox_.posts();
  lock.unlock();
  if (last) static_cast<void>(last->wait());
  return posts;
}

// What of ours is on its way may not be in what was read. Then what is here stays; but where others
// have written it is read again, until both are in it. A store that is too slow for that leaves
// the rest to the next turn.
Problem Book::take_in(std::vector<Record> records, std::uint64_t posts, bool others_wrote) {
  for (int readings_left = others_wrote ? 4 : 0;; --readings_left) {
    {
      const std::lock_guard lock(mutex_);
      const bool is_older = open_ && (posts != outbox_.posts() || outbox_.has_unwritten());
      if (struck_ || (is_older && !others_wrote)) return std::nullopt;
      if (!is_older || readings_left == 0) {
        outbox_.set_overtaken(is_older);
        replace(std::move(records));
        return std::nullopt;
      }
    }
    posts = wait_until_written();
    Result<std::vector<Record>> anew = desk_.store.load(name_);
    if (!anew) return anew.error();
    records = *std::move(anew);
  }
}

// What the turn of another host has said until now is in what is read then.
Result<Holds::Taken> Book::seize(const Hold& hold) {
  const Result<Holds::Taken> taken = desk_.fleet->seize(hold);
  if (!taken || *taken != Holds::Taken::ours) return taken;
  const std::uint64_t posts = wait_until_written();
  Result<std::vector<Record>> records = desk_.store.load(name_);
  if (!records) return records.error();
  if (Problem dark = take_in(*std::move(records), posts, true)) return *std::move(dark);
  return taken;
}

// A turn without a name is no other's.
std::string Book::task_of(std::uint64_t reply) {
  const TurnRecord* opening = waiting_.opening_of(reply);
  const bool has_name =
      opening != nullptr && !opening->turn_id.empty() && desk_.window > Milliseconds{0};
  return has_name ? name_of(*opening) : fmt::format("#{:016x}", desk_.revisions.next());
}

bool Book::holds(std::uint64_t reply, std::string_view task) const {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(reply);
  return found != held_.end() && found->second == task;
}

// With what is known, from here on; what has waited for that comes first. In a fleet a turn begins
// only when it was opened for.
void Book::go_on(std::uint64_t reply) {
  open_ = true;
  stale_ = false;
  auto entries = desk_.fleet == nullptr ? waiting_.take_all() : waiting_.take_for(reply);
  for (Entries::Entry& entry : entries) entry.enter();
}

void Book::replace(std::vector<Record> records) {
  Values values(desk_.limits.values);
  Journal journal(desk_.limits.journal);
  turns_.restore(take_turns(records), desk_.limits.history);
  for (Record& record : records)
    if (!journal.restore(record)) values.restore(record);
  journal.keep_holders(journal_);
  values_ = std::move(values);
  journal_ = std::move(journal);
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
  return outbox_.has_unwritten() || !waiting_.empty();
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
    ticket = outbox_.post_awaited({*std::move(changed.change)});
  }
  return status_of(ticket->wait());
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
    ticket = outbox_.post_awaited({*std::exchange(begun.change, std::nullopt)});
  }
  const vap_status_t written = status_of(ticket->wait_for_end(desk_.step_patience));
  if (written == VAP_OK) return begun;
  if (written == VAP_E_CONFLICT) return {VAP_E_AGAIN};
  // Nobody shall run what a killed host would not know of.
  const std::lock_guard lock(mutex_);
  if (begun.status == VAP_E_IN_DOUBT) {
    journal_.abandon(key, holder);
  } else if (Journal::Settled dropped = journal_.drop(key, holder); dropped.change) {
    outbox_.post({*std::move(dropped.change)});
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
                      std::optional<Interruption> interruption) {
  const std::size_t bytes =
      Entries::bytes_of(opening) + (interruption ? interruption->text_heard.size() : 0);
  const auto write = [this, reply, interruption = std::move(interruption)](TurnRecord begun) {
    outbox_.keep_for(desk_.keep);  // also where a session had ended: the caller is back
    // One that was closed before it was opened for may be another host's.
    const bool is_ours = desk_.fleet == nullptr || held_.contains(reply) || why_not_;
    if (const auto changed = turns_.begin(std::move(begun), reply, interruption, is_ours);
        !changed.empty())
      outbox_.post(changes_of(changed, turns_, desk_.revisions));
  };
  enter({reply, write, std::move(opening)}, bytes);
}

bool Book::note_said(std::uint64_t reply, std::span<const SaidPiece> said) {
  const std::lock_guard lock(mutex_);
  const bool is_ours = desk_.fleet == nullptr || held_.contains(reply);
  if (!open_ || !is_ours || waiting_.has(reply)) return false;
  const std::uint64_t number = turns_.go_on(reply, said);
  if (number != 0) outbox_.post(changes_of(std::array{number}, turns_, desk_.revisions));
  return number != 0;
}

void Book::end_turn(std::uint64_t reply, std::vector<SaidPiece> said, std::string_view outcome,
                    std::int64_t unix_ms, BesideWords beside) {
  const std::size_t bytes = Entries::bytes_of(said, beside);
  const auto write = [this, reply, said = std::move(said), outcome = std::string(outcome), unix_ms,
                      beside = std::move(beside)](const TurnRecord&) {
    const std::uint64_t number = turns_.end(reply, said, outcome, unix_ms, beside);
    number == 0 ? release(reply) : write_end(number, reply);
  };
  enter({reply, write}, bytes);
}

std::optional<KnownTurns::Before> Book::ended_before(const TurnRecord& opening) const {
  const std::lock_guard lock(mutex_);
  return turns_.ended_before(opening);
}

std::optional<KnownTurns::Before> Book::answer_before(std::uint64_t reply) {
  const std::lock_guard lock(mutex_);
  if (waiting_.has(reply)) turns_.run_unseen(reply);
  std::optional<KnownTurns::Before> before = turns_.take_before(reply);
  if (before) release(reply);
  return before;
}

std::optional<std::vector<HistoryLine>> Book::lines(std::uint64_t reply, std::size_t most,
                                                    std::size_t bytes) const {
  const std::lock_guard lock(mutex_);
  if (!open_) return std::nullopt;
  return turns_.history().lines(turns_.history().number_of(reply), most, bytes);
}

void Book::end_session() {
  enter({0, [this](const TurnRecord&) {
           outbox_.keep_for(desk_.keep_after_end);
           outbox_.post({});
         }});
}

void Book::strike() {
  const std::lock_guard lock(mutex_);
  struck_ = true;
  open_ = false;
  values_ = Values(desk_.limits.values);
  journal_ = Journal(desk_.limits.journal);
  turns_ = KnownTurns(desk_.limits.history, desk_.window);
  waiting_.clear();
  while (!held_.empty()) release(held_.begin()->first);
}

// Counts as unwritten until then, so that nobody reads what is still there.
void Book::begin_anew(Scribe::Done done) {
  const std::lock_guard lock(mutex_);
  open_ = true;
  // Where it is lost, all of it is there as before.
  outbox_.post_forget(std::move(done));
}

// Runs the entry under the lock: now, or when the book is open and, where a turn begins, holds what
// others have written: it must not take the number of one that another host has had.
void Book::enter(Entries::Entry entry, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (struck_) return;
  const bool must_wait = entry.begins && (desk_.fleet != nullptr || stale_);
  if (open_ && !must_wait && !waiting_.has(entry.reply)) return entry.enter();
  if (auto place = desk_.room.take(sizeof entry + bytes)) {
    entry.place = *std::move(place);
    if (waiting_.add(std::move(entry), desk_.limits.waiting)) return;
  }
  desk_.scribe.lose("the store cannot be read");
}

// Another host may have the conversation when it can read how this turn ended.
void Book::write_end(std::uint64_t number, std::uint64_t reply) {
  const auto held = held_.extract(reply);
  Scribe::Done done;
  if (held)
    done = [fleet = desk_.fleet, hold = Hold{name_, held.mapped()}](Scribe::Outcome outcome) {
      if (outcome != Scribe::Outcome::late) fleet->release(hold);
    };
  outbox_.post(changes_of(std::array{number}, turns_, desk_.revisions), std::move(done));
}

void Book::release(std::uint64_t reply) {
  if (const auto held = held_.extract(reply)) desk_.fleet->release({name_, held.mapped()});
}

vap_status_t Book::status_of(Scribe::Outcome outcome) {
  switch (outcome) {
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
