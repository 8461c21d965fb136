// SPDX-License-Identifier: MIT
#include "state/scribe.h"

#include <pthread.h>

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "codec/event.h"

namespace patchbay {
namespace {

std::size_t size_of(const Write& write) {
  std::size_t bytes = write.conversation.size();
  for (const RecordChange& change : write.changes) {
    bytes += sizeof change + change.key.size() + (change.value ? change.value->size() : 0);
  }
  return bytes;
}

// Such a Write conflicts with nothing: it may become part of another.
bool asks_for_no_revision(const Write& write) {
  return std::none_of(write.changes.begin(), write.changes.end(),
                      [](const RecordChange& change) { return change.was.has_value(); });
}

// As if the two had been done one after the other.
void join(Write& earlier, Write later) {
  earlier.keep = later.keep;
  for (RecordChange& change : later.changes) {
    const auto same =
        std::find_if(earlier.changes.begin(), earlier.changes.end(),
                     [&](const RecordChange& before) { return before.key == change.key; });
    if (same != earlier.changes.end()) {
      *same = std::move(change);
    } else {
      earlier.changes.push_back(std::move(change));
    }
  }
}

void tell(const Scribe::Done& done, Scribe::Outcome outcome) {
  if (done) done(outcome);
}

std::int64_t milliseconds_since(Moment then) {
  return std::chrono::floor<Milliseconds>(Clock::now() - then).count();
}

}  // namespace

Scribe::Scribe(Store& store, Timers& timers, Log& log) : Scribe(store, timers, log, Limits{}) {}

Scribe::Scribe(Store& store, Timers& timers, Log& log, Limits limits)
    : store_(store),
      timers_(timers),
      log_(log),
      limits_(limits),
      sweep_at_(Clock::now() + limits.sweep_every),
      thread_([this] { work(); }) {}

Scribe::~Scribe() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
  std::unique_lock lock(mutex_);
  if (alarm_ != 0 && timers_.cancel(alarm_)) alarm_ = 0;
  told_.wait(lock, [this] { return alarm_ == 0 && !telling_; });
  if (waiting_.empty()) return;
  log_.error("writes were lost", {{"writes", waiting_.size()}, {"why", "the host ends"}});
  for (const Entry& entry : waiting_) tell(entry.done, Outcome::lost);
}

void Scribe::post(Write write, Done done, Pace pace) {
  const std::size_t bytes = size_of(write);
  const Moment now = Clock::now();
  enter({std::move(write), false, bytes, pace, pace == Pace::now ? now : now + limits_.gather,
         now + limits_.budget, std::move(done)});
}

void Scribe::post_forget(std::string conversation, Done done) {
  const std::size_t bytes = conversation.size();
  const Moment now = Clock::now();
  enter({{std::move(conversation), {}, {}},
         true,
         bytes,
         Pace::now,
         now,
         now + limits_.budget,
         std::move(done)});
}

void Scribe::enter(Entry entry) {
  std::string_view refused;
  {
    const std::lock_guard lock(mutex_);
    if (entry.bytes > limits_.write_bytes) {
      refused = "it is too large";
    } else if (stopping_) {
      refused = "the host ends";
    } else if (waiting_.size() >= limits_.waiting_writes ||
               waiting_bytes_ + entry.bytes > limits_.waiting_bytes) {
      refused = "too much waits already";
    }
    if (refused.empty()) {
      const bool joins = entry.pace == Pace::gathered && asks_for_no_revision(entry.write);
      if (!joins || !join_locked(entry)) push_locked(std::move(entry), joins);
      return;
    }
    lose_locked(refused);
  }
  tell(entry.done, Outcome::lost);
}

// Puts it into the one of its conversation that waits already, where there is such a one.
bool Scribe::join_locked(Entry& entry) {
  const auto found = open_.find(entry.write.conversation);
  if (found == open_.end()) return false;
  Entry& earlier = *found->second;
  if (earlier.bytes + entry.bytes > limits_.batch_bytes) return false;
  join(earlier.write, std::move(entry.write));
  waiting_bytes_ -= earlier.bytes;
  earlier.bytes = size_of(earlier.write);
  waiting_bytes_ += earlier.bytes;
  earlier.posts += entry.posts;
  if (entry.done) {
    earlier.done = [first = std::move(earlier.done),
                    second = std::move(entry.done)](Outcome outcome) {
      tell(first, outcome);
      second(outcome);
    };
  }
  return true;
}

void Scribe::push_locked(Entry entry, bool may_be_joined) {
  ++entered_;
  waiting_bytes_ += entry.bytes;
  const Entry& last = waiting_.emplace_back(std::move(entry));
  if (may_be_joined) {
    open_[last.write.conversation] = &waiting_.back();
  } else {
    open_.erase(last.write.conversation);
  }
  if (last.pace == Pace::now) ++hasty_;
  set_alarm_locked();
  // While the scribe gathers it has set itself a time.
  if (waiting_.size() == 1 || last.pace == Pace::now || waiting_.size() >= limits_.batch_writes)
    wake_.notify_one();
}

void Scribe::lose(std::string_view why) {
  const std::lock_guard lock(mutex_);
  lose_locked(why);
}

void Scribe::lose_locked(std::string_view why) {
  ++standing_.lost;
  if (std::exchange(losing_, true)) return;
  log_.error("writes are being lost", {{"why", why}, {"waiting", waiting_.size()}});
}

bool Scribe::flush(Milliseconds most) {
  std::unique_lock lock(mutex_);
  ++flushing_;
  wake_.notify_one();
  const bool done =
      ends_.wait_for(lock, most, [this, until = entered_] { return ended_ >= until; });
  --flushing_;
  return done;
}

Scribe::Standing Scribe::standing() const {
  const std::lock_guard lock(mutex_);
  Standing now = standing_;
  now.waiting = waiting_.size();
  now.waiting_bytes = waiting_bytes_;
  if (is_calm_locked()) now.slow_since.reset();
  return now;
}

void Scribe::work() {
  ::pthread_setname_np(::pthread_self(), "scribe");
  std::unique_lock lock(mutex_);
  for (;;) {
    const bool down = standing_.down_since.has_value();
    if (down) {
      wake_.wait_for(lock, pause_, [this] { return stopping_; });
    } else {
      wait_for_work(lock);
    }
    if (stopping_) return;
    if (!waiting_.empty()) write_batch(lock);
    calm_down_locked();
    if (!standing_.down_since && Clock::now() >= sweep_at_) sweep(lock);
  }
}

// Until there is something to write that waits for no company, or it is time to sweep.
void Scribe::wait_for_work(std::unique_lock<std::mutex>& lock) {
  while (!stopping_) {
    const Moment now = Clock::now();
    if (now >= sweep_at_ || (!waiting_.empty() && is_ripe_locked(now))) return;
    wake_.wait_until(lock,
                     waiting_.empty() ? sweep_at_ : std::min(sweep_at_, waiting_.front().ripe_at));
  }
}

bool Scribe::is_ripe_locked(Moment now) const {
  return hasty_ > 0 || flushing_ > 0 || waiting_.size() >= limits_.batch_writes ||
         waiting_.front().ripe_at <= now;
}

// How many from the front go together. To forget is asked alone, so that it keeps its place. Of a
// conversation there is one Write at most: given again, where the store did it and could not say
// so, it must still be the last that touched its records.
std::size_t Scribe::next_batch_locked() const {
  std::size_t count = 0;
  std::size_t bytes = 0;
  std::unordered_set<std::string_view> conversations;
  for (const Entry& entry : waiting_) {
    if (entry.forgets) return std::max<std::size_t>(count, 1);
    if (!conversations.insert(entry.write.conversation).second) break;
    bytes += entry.bytes;
    if (count > 0 && (count >= limits_.batch_writes || bytes > limits_.batch_bytes)) break;
    ++count;
  }
  return count;
}

void Scribe::write_batch(std::unique_lock<std::mutex>& lock) {
  // The entries keep their places, so that what comes stays behind them; only the Writes are out.
  std::vector<Write> batch(next_batch_locked());
  const bool forgets = waiting_.front().forgets;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto open = open_.find(waiting_[i].write.conversation);
    if (open != open_.end() && open->second == &waiting_[i]) open_.erase(open);
    batch[i] = std::move(waiting_[i].write);
  }
  lock.unlock();
  const Result<Answers> answers = perform(batch, forgets);
  lock.lock();
  if (answers) {
    came_up_locked();
    settle(lock, batch, *answers);
    return;
  }
  for (std::size_t i = 0; i < batch.size(); ++i) waiting_[i].write = std::move(batch[i]);
  went_down_locked(answers.error());
}

Result<Scribe::Answers> Scribe::perform(std::span<const Write> batch, bool forgets) {
  const auto lost_or_down = [](const Error& why) -> Result<Answers> {
    if (is_refusal(why)) return Answers{{Outcome::lost, why}};
    return why;
  };
  if (forgets) {
    const Result<bool> knew = store_.forget(batch.front().conversation);
    return knew ? Answers{{Outcome::written}} : lost_or_down(knew.error());
  }
  const Result<std::vector<Written>> written = store_.write(batch);
  if (!written && is_refusal(written.error()) && batch.size() > 1) return perform_each(batch);
  if (!written) return lost_or_down(written.error());
  Answers answers;
  for (const Written one : *written)
    answers.push_back({one == Written::done ? Outcome::written : Outcome::conflict});
  return answers;
}

// The store has refused one of them and did not say which: it must not hold up the others.
Result<Scribe::Answers> Scribe::perform_each(std::span<const Write> batch) {
  Answers answers;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Result<Answers> one = perform(batch.subspan(i, 1), false);
    if (!one) return one.error();  // it went away meanwhile: all of them are given again
    answers.push_back(one->front());
  }
  return answers;
}

void Scribe::count_locked(const Entry& entry, const Answer& answer, std::string_view conversation) {
  if (answer.outcome == Outcome::written) standing_.written += entry.posts;
  if (answer.outcome == Outcome::conflict) standing_.conflicts += entry.posts;
  if (!answer.why) return;
  standing_.lost += entry.posts;
  lost_when_told_ += entry.posts;
  standing_.last_error = answer.why;
  const auto [agent, id] = parts_of_conversation_name(conversation);
  log_.error("writes were refused", {{"agent", agent},
                                     {"conversation", id},
                                     {"writes", entry.posts},
                                     {"why", answer.why->text()}});
}

void Scribe::settle(std::unique_lock<std::mutex>& lock, std::span<const Write> batch,
                    const Answers& answers) {
  // Nobody may hear "late" after the end.
  told_.wait(lock, [this] { return !telling_; });
  std::vector<std::pair<Done, Outcome>> ends;
  ends.reserve(answers.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    Entry& entry = waiting_.front();
    count_locked(entry, answers[i], batch[i].conversation);
    waiting_bytes_ -= entry.bytes;
    if (entry.pace == Pace::now) --hasty_;
    if (entry.done) ends.emplace_back(std::move(entry.done), answers[i].outcome);
    waiting_.pop_front();
  }
  said_late_ -= std::min(said_late_, answers.size());
  lock.unlock();
  for (const auto& [done, outcome] : ends) done(outcome);
  lock.lock();
  ended_ += answers.size();
  ends_.notify_all();
}

void Scribe::went_down_locked(const Error& error) {
  pause_ = std::clamp(2 * pause_, limits_.first_pause, limits_.longest_pause);
  standing_.last_error = error;
  if (standing_.down_since) return;
  standing_.down_since = Clock::now();
  standing_.slow_since.reset();
  log_.error("the store is down", {{"why", error.text()}, {"waiting", waiting_.size()}});
}

void Scribe::came_up_locked() {
  pause_ = Milliseconds{0};
  if (standing_.down_since) {
    log_.warn("the store is back", {{"down_ms", milliseconds_since(*standing_.down_since)},
                                    {"waiting", waiting_.size()}});
    standing_.down_since.reset();
  }
  if (std::exchange(losing_, false)) {
    log_.error("writes were lost", {{"writes", standing_.lost - lost_when_told_}});
    lost_when_told_ = standing_.lost;
  }
}

// A store that is down is told as that.
void Scribe::went_slow_locked(Moment now) {
  late_at_ = now;
  if (standing_.down_since || standing_.slow_since) return;
  standing_.slow_since = now;
  log_.warn("the store is slow",
            {{"budget_ms", limits_.budget.count()},
             {"waiting", waiting_.size()},
             {"next", "turns go on; agents are told that what they store is not safe yet"}});
}

bool Scribe::is_calm_locked() const {
  return said_late_ == 0 && Clock::now() - late_at_ >= limits_.calm;
}

void Scribe::calm_down_locked() {
  if (!standing_.slow_since || !is_calm_locked()) return;
  log_.info("the store keeps up again", {{"slow_ms", milliseconds_since(*standing_.slow_since)}});
  standing_.slow_since.reset();
}

void Scribe::sweep(std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  const Result<std::size_t> went = store_.sweep();
  lock.lock();
  const bool again_soon = went && *went > 0;
  sweep_at_ = Clock::now() + (again_soon ? Milliseconds{1} : limits_.sweep_every);
}

// On the timers' thread, since the scribe's may wait for the store just now.
void Scribe::ring() {
  std::unique_lock lock(mutex_);
  alarm_ = 0;
  const Moment now = Clock::now();
  std::vector<Done> late;
  while (said_late_ < waiting_.size() && waiting_[said_late_].late_at <= now) {
    late.push_back(waiting_[said_late_].done);
    ++said_late_;
    ++standing_.late;
  }
  if (!late.empty()) went_slow_locked(now);
  telling_ = true;
  lock.unlock();
  for (const Done& done : late) tell(done, Outcome::late);
  lock.lock();
  telling_ = false;
  set_alarm_locked();
  told_.notify_all();
}

void Scribe::set_alarm_locked() {
  if (alarm_ != 0 || telling_ || stopping_ || said_late_ >= waiting_.size()) return;
  alarm_ = timers_.at(waiting_[said_late_].late_at, [this] { ring(); });
}

}  // namespace patchbay
