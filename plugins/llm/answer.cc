// SPDX-License-Identifier: MIT
#include "answer.h"

#include <algorithm>
#include <utility>

namespace llm {
namespace {

// The stream of an answer that is complete may go on a little: its connection can then be used
// again.
constexpr Ms last_bytes{500};

bool is_progress(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") != std::string_view::npos;
}

std::chrono::seconds seconds_in(std::string_view header) {
  if (header.empty() || header.size() > 6) return std::chrono::seconds(0);
  int seconds = 0;
  for (const char c : header) {
    if (c < '0' || c > '9') return std::chrono::seconds(0);  // a date: not worth reading
    seconds = seconds * 10 + (c - '0');
  }
  return std::chrono::seconds(seconds);
}

double ms_since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - then).count();
}

}  // namespace

Answer::Answer(House& house, const Sources& sources, Wish wish, vap::reply reply)
    : house_(house), sources_(sources), wish_(std::move(wish)), reply_(std::move(reply)) {}

// --- asking

void Answer::ask_next() {
  std::shared_ptr<Attempt> attempt;
  Question question;
  {
    const Held held(mutex_);
    Source* const source = choose();
    if (source == nullptr) {
      house_.add("llm_failed_turns");
      reply_.fail("no provider has answered");
      return;
    }
    if (!asked_.empty()) house_.add("llm_failovers");
    asked_.push_back(source);
    attempt = current_ = std::make_shared<Attempt>(*source, wish_.ear, said_);
    question = ask(source->provider, said_.empty() ? wish_.talk : go_on(wish_.talk, said_));
  }
  send(attempt, question);
}

// The first in order that was not asked in this turn; one that is left alone only where all are.
Source* Answer::choose() {
  const auto now = Clock::now();
  Source* last_resort = nullptr;
  for (const auto& source : sources_) {
    if (std::find(asked_.begin(), asked_.end(), source.get()) != asked_.end()) continue;
    if (source->breaker.may_ask(now)) return source.get();
    if (last_resort == nullptr) last_resort = source.get();
  }
  return last_resort;
}

// Not under the lock: a request that is refused ends before send() returns.
void Answer::send(const std::shared_ptr<Attempt>& attempt, const Question& question) {
  const auto self = shared_from_this();
  const Provider& provider = attempt->source->provider;
  vap::http_timeouts timeouts;
  timeouts.connect = provider.first_word;
  timeouts.first_byte = provider.first_word + Ms(1000);  // later than our own look at the clock
  timeouts.idle = std::max(provider.first_word, provider.between_words) + Ms(1000);
  vap::http_call call = house_.http().post(question.url, question.body);
  for (const auto& [name, value] : question.headers) call.header(name, value);
  call.timeouts(timeouts)
      .on_head([self, attempt](const vap::http_head& head) { self->hear_head(attempt, head); })
      .on_event([self, attempt](const vap::sse_event& event) { self->hear(attempt, event.data); })
      .on_end([self, attempt](const vap::http_end& how) { self->hear_end(attempt, how); });
  const vap::http_id request = call.send(reply_);

  const Held held(mutex_);
  attempt->request = request;
  if (is_current(attempt)) {
    if (attempt->alarm == 0) watch(attempt, provider.first_word);  // else it has spoken already
  } else if (request != 0) {
    house_.http().cancel(request);
  }
}

void Answer::watch(const std::shared_ptr<Attempt>& attempt, Ms delay) {
  attempt->alarm =
      house_.call_later(delay, [self = shared_from_this(), attempt] { self->look(attempt); });
}

// --- what comes

void Answer::hear_head(const std::shared_ptr<Attempt>& attempt, const vap::http_head& head) {
  const Held held(mutex_);
  if (head.status == 429 || head.status == 503)
    attempt->leave_for = seconds_in(head.header("retry-after"));
}

void Answer::hear(const std::shared_ptr<Attempt>& attempt, std::string_view data) {
  Held held(mutex_);
  if (!is_current(attempt) || attempt->finished) return;
  const Piece piece = attempt->decoder->read(data);
  take(*attempt, piece.text);
  if (gone_) return let_go();
  if (!piece.error.empty()) return give_up_on(std::move(held), piece.error);
  if (piece.finished && !attempt->spoke && said_.empty())
    return give_up_on(std::move(held), "the model said nothing");
  if (piece.finished) finish(*attempt);
}

void Answer::hear_end(const std::shared_ptr<Attempt>& attempt, const vap::http_end& how) {
  Held held(mutex_);
  if (!is_current(attempt)) return;
  if (attempt->finished) return done();
  if (reply_.cancelled()) return let_go();
  if (how.ok() && attempt->spoke && asked_.size() == sources_.size()) {
    finish(*attempt);  // it forgot to say so, or was cut: there is nobody to ask
    if (current_) done();
    return;
  }
  give_up_on(std::move(held), how.ok() ? "the stream ended early" : how.why());
}

// Is the model too slow? Who holds the lock is at work, maybe waiting for a slow listener.
void Answer::look(const std::shared_ptr<Attempt>& attempt) {
  Held held(mutex_, std::try_to_lock);
  if (!held) {
    house_.call_later(Ms(100), [self = shared_from_this(), attempt] { self->look(attempt); });
    return;
  }
  if (!is_current(attempt)) return;
  const auto left = std::chrono::ceil<Ms>(due(*attempt) - Clock::now());
  if (left.count() > 0) return watch(attempt, left);
  if (attempt->finished) return done();
  give_up_on(std::move(held), attempt->spoke ? "it stopped speaking" : "no word came in time");
}

Answer::Clock::time_point Answer::due(const Attempt& attempt) {
  const Provider& provider = attempt.source->provider;
  if (attempt.finished) return attempt.heard + last_bytes;
  return attempt.heard + (attempt.spoke ? provider.between_words : provider.first_word);
}

// --- speaking

void Answer::take(Attempt& attempt, const std::string& text) {
  if (is_progress(text)) {
    const bool is_first = !std::exchange(attempt.spoke, true);
    say(attempt.joint.take(attempt.filter.hear(text)));
    attempt.heard = Clock::now();  // a listener who made us wait is no fault of the model's
    if (!is_first) return;
    house_.note("llm_first_word_ms", ms_since(attempt.asked));
    house_.forget(attempt.alarm);  // it was for the first word
    watch(current_, attempt.source->provider.between_words);
  } else if (!text.empty()) {
    say(attempt.joint.take(attempt.filter.hear(text)));
  }
}

void Answer::say(const std::string& words) {
  if (words.empty() || gone_) return;
  gone_ = !reply_.say(words);
  if (!gone_) said_ += words;
}

void Answer::finish(Attempt& attempt) {
  say(attempt.joint.take(attempt.filter.finish()));
  say(attempt.joint.finish());
  attempt.finished = true;
  attempt.source->breaker.went_well();
  if (gone_) return let_go();
  house_.forget(attempt.alarm);
  watch(current_, last_bytes);
}

// --- ending

void Answer::done() {
  if (current_) house_.forget(current_->alarm);
  current_.reset();
  reply_.end();
}

// The caller is gone, or spoke again: nobody is to blame.
void Answer::let_go() {
  const std::shared_ptr<Attempt> attempt = std::exchange(current_, nullptr);
  if (attempt && attempt->request != 0) house_.http().cancel(attempt->request);
  if (attempt) house_.forget(attempt->alarm);
  reply_.end();
}

void Answer::give_up_on(Held held, const std::string& why) {
  const std::shared_ptr<Attempt> attempt = std::exchange(current_, nullptr);
  if (attempt->request != 0) house_.http().cancel(attempt->request);
  house_.forget(attempt->alarm);
  const bool left_alone = attempt->source->breaker.failed(Clock::now(), attempt->leave_for);
  house_.warn(attempt->source->provider.name() + ": " + why +
              (left_alone ? "; it is left alone for a while" : ""));
  held.unlock();
  ask_next();  // from what was said: what the filter and the joint still hold is lost, and not
               // missed
}

}  // namespace llm
