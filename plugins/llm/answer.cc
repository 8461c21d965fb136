// SPDX-License-Identifier: MIT
#include "answer.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "judge.h"

namespace llm {
namespace {

constexpr int most_corrections = 2;
constexpr std::size_t most_calls = 16;  // in one round
constexpr int most_shown_depth = 64;    // of a result; what is deeper is shown as text

bool has_words(std::string_view text) {
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

// Any provider takes an id like that, also where another has given it.
bool is_plain(const std::string& id) {
  for (const char c : id)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '-') return false;
  return !id.empty() && id.size() <= 64;
}
// Nine letters and digits: there are servers that want just that.
std::string id_of(int round, std::size_t number) {
  const std::string digits = std::to_string(round * 100 + static_cast<int>(number));
  return "call" + std::string(5 - std::min<std::size_t>(digits.size(), 5), '0') + digits;
}

double ms_since(Race::Time then) {
  return std::chrono::duration<double, std::milli>(Attempt::Clock::now() - then).count();
}

// Who was first of two, for the log.
std::string told_of(const Attempt& winner, const std::vector<Runner>& others) {
  const auto name = [](const Attempt& one) {
    return one.source->provider.name() + (one.second ? ", asked as well," : "");
  };
  std::string line = name(winner) + " was first, after " +
                     std::to_string(std::lround(ms_since(winner.asked))) + " ms";
  for (const Runner& other : others) line += "; " + name(*other) + " is cut";
  return line;
}

}  // namespace

Answer::Answer(House& house, const Sources& sources, Wish wish, vap::reply reply)
    : house_(house),
      max_rounds_(wish.max_rounds),
      of_(reply),
      reply_(std::move(reply)),
      talk_(std::move(wish.talk)),
      acts_(std::move(wish.acts)),
      race_(sources, wish.hedge, wish.ear) {}

// --- asking

void Answer::ask_next(Held held) {
  const bool stands_in = race_.has_asked();
  const Runner attempt = race_.next(said_, Attempt::Clock::now());
  if (!attempt) {
    house_.add("llm_failed_turns");
    reply_.fail("no provider has answered");
    return;
  }
  if (stands_in) house_.add("llm_failovers");
  send(std::move(held), attempt);
}

// Beside one that has been silent for too long. Null: there is none to ask.
void Answer::hedge(Held held, const Runner& attempt) {
  if (!attempt) return;
  house_.add("llm_hedges");
  send(std::move(held), attempt);
}

// Without the lock from where it is sent: a request that is refused ends before send() returns.
void Answer::send(Held held, const Runner& attempt) {
  const auto self = shared_from_this();
  const Provider& provider = attempt->source->provider;
  const Question question = ask(provider, said_.empty() ? talk_ : go_on(talk_, said_));
  held.unlock();
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
  const vap::http_id request = call.send(of_);

  held.lock();
  attempt->request = request;
  if (attempt->over) return cut(*attempt);  // the other was first meanwhile
  if (attempt->alarm == 0) watch(attempt);  // else it has spoken already
}

void Answer::watch(const Runner& attempt) {
  const auto now = Attempt::Clock::now();
  const Ms delay = std::max(Ms(0), std::chrono::ceil<Ms>(race_.due(*attempt) - now));
  attempt->alarm =
      house_.call_later(delay, [self = shared_from_this(), attempt] { self->look(attempt); });
}

// --- what comes

void Answer::hear_head(const Runner& attempt, const vap::http_head& head) {
  if (attempt->over) return;
  const Held held(mutex_);
  if (head.status == 429 || head.status == 503)
    attempt->leave_for = seconds_in(head.header("retry-after"));
}

void Answer::hear(const Runner& attempt, std::string_view data) {
  if (attempt->over) return;
  Held held(mutex_);
  if (attempt->over || attempt->finished) return;
  const Piece piece = attempt->decoder->read(data);
  take(attempt, piece);
  if (gone_) return let_go();
  if (!piece.error.empty()) return give_up_on(std::move(held), attempt, piece.error);
  if (piece.finished) conclude(std::move(held), attempt);
}

void Answer::hear_end(const Runner& attempt, const vap::http_end& how) {
  if (attempt->over) return;
  Held held(mutex_);
  if (attempt->over) return;
  if (attempt->finished) return done();
  if (reply_.cancelled()) return let_go();
  if (how.ok() && attempt->works() && race_.is_last()) {
    conclude(std::move(held), attempt);  // it forgot to say so, or was cut: there is nobody to ask
    const Held again(mutex_);
    if (!attempt->over) done();
    return;
  }
  give_up_on(std::move(held), attempt, how.ok() ? "the stream ended early" : how.why());
}

// Is the model too slow? Who holds the lock is at work, maybe waiting for a slow listener.
void Answer::look(const Runner& attempt) {
  if (attempt->over) return;
  Held held(mutex_, std::try_to_lock);
  if (!held) {
    house_.call_later(Ms(100), [self = shared_from_this(), attempt] { self->look(attempt); });
    return;
  }
  if (attempt->over) return;
  if (const auto now = Attempt::Clock::now(); attempt->deadline() > now) {
    const Runner another = race_.second(said_, now);
    watch(attempt);
    return hedge(std::move(held), another);
  }
  if (attempt->finished) return done();
  give_up_on(std::move(held), attempt,
             attempt->works() ? "it stopped speaking" : "no word came in time");
}

// --- speaking

void Answer::take(const Runner& attempt, const Piece& piece) {
  const bool is_progress = has_words(piece.text) || (piece.calls && may_call());
  const bool is_first = is_progress && !attempt->works();
  attempt->spoke = attempt->spoke || has_words(piece.text);
  attempt->called = attempt->called || (piece.calls && may_call());
  if (!attempt->works()) {  // another may still be first
    if (attempt->blanks.empty()) attempt->blanks = piece.text;
    return;
  }
  if (is_first) {
    house_.note("llm_first_word_ms", ms_since(attempt->asked));
    house_.forget(attempt->alarm);  // it was for the first word
    lead(attempt);
  }
  const std::string text = std::exchange(attempt->blanks, {}) + piece.text;
  if (!text.empty()) say(attempt->joint.take(attempt->filter.hear(text)));
  if (is_progress)
    attempt->heard = Attempt::Clock::now();  // a slow listener is no fault of its own
  if (is_first) watch(attempt);
}

// It has the floor. Whoever was asked beside it is cut here: a listener may make us wait from now
// on.
void Answer::lead(const Runner& attempt) {
  const std::vector<Runner> others = race_.won(attempt);
  for (const Runner& other : others) cut(*other);
  if (attempt->second) house_.add("llm_hedges_won");
  if (attempt->second || !others.empty()) house_.tell(told_of(*attempt, others));
}

void Answer::say(const std::string& words) {
  if (words.empty() || gone_) return;
  const bool needs_space = std::exchange(gap_due_, false) && words.front() != ' ';
  gone_ = !reply_.say(needs_space ? " " + words : words);
  if (!gone_) said_ += words;
}

// The model has said all of this round: there may be tools to run.
void Answer::conclude(Held held, const Runner& attempt) {
  const bool called = attempt->decoder->has_called();
  if (called && may_call()) return call_tools(std::move(held), *attempt);
  if (!attempt->spoke && said_.empty() && (!spoke_ || called))
    return give_up_on(
        std::move(held), attempt,
        called ? "the model called a tool, and there is none" : "the model said nothing");
  finish(attempt);
}

void Answer::finish(const Runner& attempt) {
  if (!attempt->works()) lead(attempt);  // it has nothing to add
  flush(*attempt);
  attempt->finished = true;
  if (gone_) return let_go();
  house_.forget(attempt->alarm);
  attempt->heard = Attempt::Clock::now();
  watch(attempt);
}

void Answer::flush(Attempt& attempt) {
  say(attempt.joint.take(attempt.filter.finish()));
  say(attempt.joint.finish());
  attempt.source->breaker.went_well();
}

// --- rounds

// The stream goes on to its end by itself, and nobody listens any more.
void Answer::call_tools(Held held, Attempt& attempt) {
  flush(attempt);
  house_.forget(attempt.alarm);
  if (gone_) return let_go();
  race_.round_ended(attempt);
  ++rounds_;
  spoke_ = spoke_ || !said_.empty();
  talk_.messages.push_back(take_calls(attempt));
  const std::vector<Call> calls = talk_.messages.back().calls;
  if (!spoke_) speak_filler(calls);
  gap_due_ = spoke_ || filled_;
  const auto self = shared_from_this();
  errands_ = std::make_shared<Errands>(
      house_, of_,
      Errands::Ears{[self](const Tool& tool, const Outcome& outcome) { self->show(tool, outcome); },
                    [self](std::vector<Outcome> all, bool wrong) {
                      self->go_on_with(std::move(all), wrong);
                    }});
  const auto errands = errands_;
  if (reply_.cancelled()) errands->cancel();  // else on_cancel comes, and finds them
  held.unlock();
  errands->run(*talk_.tools, calls, acts_);
}

Message Answer::take_calls(Attempt& attempt) {
  Message message{false, std::exchange(said_, {})};
  bool as_made = !attempt.goes_on;
  message.original = attempt.decoder->original();
  message.calls = attempt.decoder->take_calls();
  std::vector<Call>& calls = message.calls;
  if (calls.size() > most_calls) leave_out(attempt, calls), as_made = false;
  const std::string& maker = attempt.source->provider.key;
  for (std::size_t n = 0; n < calls.size(); ++n) {
    if (!calls[n].signature.empty()) calls[n].signer = maker;
    if (is_plain(calls[n].id) && ids_.insert(calls[n].id).second) continue;
    calls[n].id = id_of(rounds_, n);
    as_made = as_made && !attempt.decoder->needs_ids();
  }
  if (as_made) message.maker = maker;
  return message;
}

void Answer::leave_out(const Attempt& attempt, std::vector<Call>& calls) {
  const std::string many = std::to_string(calls.size()), most = std::to_string(most_calls);
  house_.warn(attempt.source->provider.name() + ": it called " + many +
              " tools at once, of which the first " + most + " are run");
  note_ = "(You called " + many + " tools at once. Only the first " + most +
          " were run; call the others again if you need them.)";
  calls.resize(most_calls);
}

// One line for all calls, where the caller has heard nothing yet.
void Answer::speak_filler(const std::vector<Call>& calls) {
  for (const Call& call : calls)
    for (const Tool& tool : *talk_.tools) {
      if (tool.name != call.name || tool.say.empty() || filled_) continue;
      filled_ = true;
      say(tool.say);
      said_.clear();  // it is not the model's
    }
}

void Answer::show(const Tool& tool, const Outcome& outcome) {
  if (!tool.show) return;
  using Json = nlohmann::json;
  Json result = depth_of(outcome.text) <= most_shown_depth
                    ? Json::parse(outcome.text, nullptr, false)
                    : Json(outcome.text);
  if (result.is_discarded()) result = outcome.text;
  const Json shown = {{"tool", tool.name}, {"result", std::move(result)}};
  const Held held(mutex_);
  reply_.data(json_look(shown));
}

void Answer::go_on_with(std::vector<Outcome> outcomes, bool wrong) {
  Held held(mutex_);
  errands_.reset();
  if (gone_ || reply_.cancelled()) return let_go();
  talk_.messages.push_back({true, std::exchange(note_, {}), {}, std::move(outcomes)});
  if (wrong) ++corrections_;
  talk_.may_call = rounds_ < max_rounds_ && corrections_ <= most_corrections;
  ask_next(std::move(held));
}

void Answer::cancel() {
  std::shared_ptr<Errands> errands;
  {
    const Held held(mutex_);
    errands = errands_;
  }
  if (errands) errands->cancel();
}

// --- ending

void Answer::done() {
  for (const Runner& attempt : race_.stop()) house_.forget(attempt->alarm);
  acts_.told(reply_);
  reply_.end();
}

// The caller is gone, or spoke again: nobody is to blame.
void Answer::let_go() {
  for (const Runner& attempt : race_.stop()) cut(*attempt);
  reply_.end();
}

void Answer::give_up_on(Held held, const Runner& attempt, const std::string& why) {
  race_.failed(*attempt);
  cut(*attempt);
  const bool left_alone =
      attempt->source->breaker.failed(Attempt::Clock::now(), attempt->leave_for);
  house_.warn(attempt->source->provider.name() + ": " + why +
              (left_alone ? "; it is left alone for a while" : ""));
  // From what was said: what the filter and the joint still hold is lost, and not missed.
  if (race_.idle()) return ask_next(std::move(held));
  // Who is left may have been silent for long as well.
  const Runner another = race_.second(said_, Attempt::Clock::now());
  hedge(std::move(held), another);
}

// What still comes of it is not heard. One that is only being sent is cut when that is done.
void Answer::cut(Attempt& attempt) {
  if (attempt.request != 0) house_.http().cancel(attempt.request);
  house_.forget(attempt.alarm);
}

}  // namespace llm
