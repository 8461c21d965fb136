// SPDX-License-Identifier: MIT
#include "state/replies.h"

#include <algorithm>
#include <utility>

#include "codec/event.h"
#include "codec/json_text.h"

namespace patchbay {
namespace {

constexpr std::size_t most_at_once = 1024 * 1024;   // bytes in one say() or data(), see vap.h
constexpr std::size_t most_recorded = 1024 * 1024;  // bytes; the piece that crosses it is kept

// A data event that got no answer of its own still gets one: {} says "nothing to show".
HttpResponse answer_at_end(Outcome outcome) {
  switch (outcome) {
    case Outcome::failed:
      return error_response(
          500, {"agent_failed", "the agent failed on this event", "see the host's log"});
    case Outcome::timed_out:
      return error_response(
          504, {"agent_timed_out", "the agent did not answer in time", "see the host's log"});
    case Outcome::replaced:
      return error_response(503,
                            {"agent_replaced", "the agent was replaced meanwhile", "try again"});
    case Outcome::shut_down:
      return error_response(503, {"shutting_down", "the host is shutting down", "try again"});
    case Outcome::answered:
    case Outcome::interrupted:
    case Outcome::caller_gone:
      break;
  }
  return json_response(200, "{}");
}

std::optional<std::chrono::microseconds> known(std::int64_t us) {
  if (us < 0) return std::nullopt;
  return std::chrono::microseconds(us);
}

}  // namespace

Reply::Reply(vap_reply_t number, ReplyKind kind, TurnFacts facts, Lease lease,
             std::shared_ptr<Stream> stream, Moment opened, Milliseconds budget)
    : number_(number),
      kind_(kind),
      facts_(std::move(facts)),
      talk_(conversation_name(lease.agent().name(), facts_.conversation)),
      lease_(std::move(lease)),
      encoder_(facts_.turn),
      opened_(opened),
      budget_(budget),
      stream_(std::move(stream)) {}

vap_status_t Reply::may_speak() const {
  if (cancelled() != VAP_CANCEL_NONE) return VAP_E_CANCELLED;
  return is_closed() || hung_up_.load() ? VAP_E_ENDED : VAP_OK;
}

vap_status_t Reply::say(std::string_view text, vap_emit_flags_t flags) {
  if (kind_ != ReplyKind::stream) return VAP_E_UNSUPPORTED;
  if (text.size() > most_at_once) return VAP_E_LIMIT;
  if (const vap_status_t no = may_speak(); no != VAP_OK) return no;
  if (text.empty()) return VAP_OK;
  return send(Piece::Kind::said, text, flags);
}

vap_status_t Reply::data(std::string_view json, vap_emit_flags_t flags) {
  if (kind_ == ReplyKind::silent) return VAP_E_UNSUPPORTED;
  if (json.size() > most_at_once) return VAP_E_LIMIT;
  if (const vap_status_t no = may_speak(); no != VAP_OK) return no;
  if (check_json(json, max_json_depth)) return VAP_E_INVALID;
  if (kind_ == ReplyKind::answer) {
    const std::lock_guard lock(mutex_);
    if (answered_) return VAP_E_UNSUPPORTED;  // one event, one answer
    if (const vap_status_t no = may_speak(); no != VAP_OK) return no;
    answer_locked(json_response(200, json));
    first_word_us_ = passed_us();
    return VAP_OK;
  }
  return send(Piece::Kind::data, json, flags);
}

vap_status_t Reply::hangup(bool send_event) {
  if (kind_ != ReplyKind::stream) return VAP_E_UNSUPPORTED;
  if (const vap_status_t no = may_speak(); no != VAP_OK) return no;
  if (!send_event) return VAP_E_UNSUPPORTED;
  return send(Piece::Kind::hangup, {}, 0);
}

// Tries under the lock and waits outside of it: whoever cancels or closes never queues behind a
// slow listener, and finds every piece either sent and recorded, or neither.
vap_status_t Reply::send(Piece::Kind kind, std::string_view content, vap_emit_flags_t flags) {
  const bool waits = (flags & VAP_NOWAIT) == 0;
  std::string event;
  std::string spaced;  // behind a filler
  append_piece(encoder_, event, kind, content);
  for (;;) {
    std::shared_ptr<Stream> slow;
    {
      const std::lock_guard lock(mutex_);
      if (const vap_status_t no = may_speak(); no != VAP_OK) return no;
      if (kind == Piece::Kind::said && bytes_said_ == 0 && filler_us_ >= 0 &&
          content.front() != ' ') {
        spaced.assign(1, ' ').append(content);
        content = spaced;
        event.clear();
        append_piece(encoder_, event, kind, content);
      }
      switch (stream_->send(event, Moment::min())) {
        case Stream::Sent::sent:
          keep_locked(kind, false, content);
          sent_ = record_->size();
          return VAP_OK;
        case Stream::Sent::full:
          slow = stream_;
          break;
        case Stream::Sent::gone:
          // If he comes back before the turn is cancelled, nothing of it may be missing.
          keep_locked(kind, false, content);
          return VAP_E_CANCELLED;
        case Stream::Sent::closed:
          return VAP_E_ENDED;
      }
    }
    if (!waits) return VAP_E_AGAIN;
    if (!slow->wait_for_room(event.size(), opened_ + budget_)) return VAP_E_DEADLINE;
  }
}

void Reply::append(std::string& events, const Piece& piece) const {
  append_piece(encoder_, events, piece.kind, piece.content);
}

void Reply::keep_locked(Piece::Kind kind, bool by_host, std::string_view content) {
  if (kind == Piece::Kind::said) spoken_ = true;
  if (kind == Piece::Kind::hangup) hung_up_ = true;
  if (!by_host) {
    if (kind == Piece::Kind::said) bytes_said_ += content.size();
    if (first_word_us_ < 0) first_word_us_ = passed_us();
  }
  // The first that is too much ends the record: what has a gap is no record.
  cut_ = cut_ || record_->length() >= most_recorded;
  if (cut_) return;
  record_->add(kind, by_host, content, Clock::now());
}

std::int64_t Reply::passed_us() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - opened_).count();
}

bool Reply::fill(std::string_view text, std::string_view notice) {
  if (kind_ != ReplyKind::stream || text.empty()) return false;
  const std::lock_guard lock(mutex_);
  if (spoken_ || may_speak() != VAP_OK) return false;
  const Piece screen{.kind = Piece::Kind::data, .by_host = true, .content = std::string(notice)};
  const Piece words{.kind = Piece::Kind::said, .by_host = true, .content = std::string(text)};
  std::string events;
  if (!notice.empty()) append(events, screen);
  append(events, words);
  if (stream_->send(events, Moment::min()) != Stream::Sent::sent) return false;
  if (!notice.empty()) keep_locked(screen);
  keep_locked(words);
  sent_ = record_->size();
  filler_us_ = passed_us();
  return true;
}

std::int64_t Reply::time_left_ms(Moment now) const {
  if (is_closed() || cancelled() != VAP_CANCEL_NONE) return 0;
  const auto left = std::chrono::duration_cast<Milliseconds>(opened_ + budget_ - now).count();
  return left > 0 ? left : 0;
}

bool Reply::cancel(vap_cancel_t reason) {
  if (!mark_cancelled(reason)) return false;
  farewells_.tell();
  return true;
}

bool Reply::lose(const Stream* listener) {
  {
    const std::lock_guard lock(mutex_);
    if (stream_.get() != listener || is_closed() || !mark_cancelled(VAP_CANCEL_HANGUP))
      return false;
  }
  farewells_.tell();
  return true;
}

bool Reply::move_to(const std::shared_ptr<Stream>& newer) {
  std::shared_ptr<Stream> older;
  {
    const std::lock_guard lock(mutex_);
    if (is_closed()) return false;
    older = std::exchange(stream_, newer);
    found_again_ = cancelled() == VAP_CANCEL_HANGUP;
    if (kind_ == ReplyKind::stream) {
      sent_ = record_->size();
      // On a stream that is fresh, whatever is sent first is admitted.
      if (const std::string events = events_locked(); !events.empty())
        newer->send(events, Moment::min());
      newer->begin_events();
    }
  }
  if (kind_ == ReplyKind::stream) {
    std::string end;
    encoder_.append_end(end);
    older->finish(end);
  } else {
    older->answer(json_response(200, "{}"));
  }
  return true;
}

Reply::Ending::~Ending() {
  if (stream_) stream_->finish(events_);
}

std::optional<Reply::Ending> Reply::close(Outcome outcome, std::string_view last_words) {
  std::optional<Ending> ending = close_in_order(outcome, last_words);
  if (ending) farewells_.tell();
  return ending;
}

std::optional<Reply::Ending> Reply::close_in_order(Outcome outcome, std::string_view last_words) {
  const std::lock_guard lock(mutex_);
  if (closed_.exchange(true)) return std::nullopt;
  outcome_ = outcome;
  if (kind_ == ReplyKind::answer && !answered_) answer_locked(answer_at_end(outcome));
  if (kind_ != ReplyKind::stream) return Ending(nullptr, {});
  std::string events;
  if (lost_locked() || (outcome == Outcome::caller_gone && !found_again_)) last_words = {};
  if (!last_words.empty() && !hung_up_.load()) {
    // Pipelines join what is said as it comes: without a blank, "The total is" and "Sorry" would
    // be one word.
    const std::string_view blank = spoken_ ? " " : "";
    const Piece words{.kind = Piece::Kind::said,
                      .by_host = true,
                      .content = std::string(blank).append(last_words)};
    append(events, words);
    keep_locked(words);
    sent_ = record_->size();
  }
  record_->settle();
  // Nothing comes between: from closed_ on, nobody sends.
  encoder_.append_end(events);
  return Ending(stream_, std::move(events));
}

bool Reply::close_as(Outcome outcome, std::vector<Piece> pieces) {
  std::shared_ptr<Stream> stream;
  std::string events;
  {
    const std::lock_guard lock(mutex_);
    if (closed_.exchange(true)) return false;
    outcome_ = outcome;
    bool apart = !spoken_;
    for (Piece& piece : pieces) {
      if (piece.kind == Piece::Kind::said && !std::exchange(apart, true))
        piece.content.insert(0, 1, ' ');
      append(events, piece);
      keep_locked(piece);
    }
    sent_ = record_->size();
    stream = stream_;
  }
  farewells_.tell();
  note_written();
  encoder_.append_end(events);
  stream->finish(events);
  return true;
}

bool Reply::refuse(const HttpResponse& response) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_.exchange(true)) return false;
    outcome_ = Outcome::failed;
    note_written();
    if (record_->empty()) {
      stream_->answer(response);
    } else {  // a filler was said meanwhile: it is too late for another answer
      std::string end;
      encoder_.append_end(end);
      stream_->finish(end);
    }
  }
  farewells_.tell();
  return true;
}

void Reply::answer_locked(const HttpResponse& response) {
  answered_ = true;
  status_ = response.status;
  json_ = response.body;
  stream_->answer(response);
}

std::string Reply::events_locked() const {
  return Recorded{.said = record_, .pieces = sent_}.events(encoder_);
}

std::vector<Piece> Reply::transcript() const {
  const std::lock_guard lock(mutex_);
  std::vector<Piece> pieces;
  pieces.reserve(sent_);
  record_->visit(sent_, [&](Piece::Kind kind, bool by_host, std::string_view content, Moment when) {
    pieces.push_back({kind, by_host, std::string(content), when});
  });
  return pieces;
}

std::size_t Reply::pieces() const {
  const std::lock_guard lock(mutex_);
  return sent_;
}

bool Reply::is_cut() const {
  const std::lock_guard lock(mutex_);
  return cut_;
}

Recorded Reply::recorded() const {
  const std::lock_guard lock(mutex_);
  bool spoken = false;
  record_->visit(sent_, [&](Piece::Kind kind, bool, std::string_view, Moment) {
    spoken = spoken || kind == Piece::Kind::said;
  });
  const bool keeps = !cut_ && sent_ > 0;
  return {.kind = kind_,
          .outcome = lost_locked() ? Outcome::caller_gone : outcome_,
          .given = was_given(),
          .spoken = spoken,
          .whole = !cut_,
          .said = !keeps        ? nullptr
                  : is_closed() ? std::shared_ptr<const Transcript>(record_)
                                : std::make_shared<const Transcript>(*record_),
          .pieces = sent_,
          .status = status_,
          .json = json_};
}

std::string_view Reply::keep(std::shared_ptr<const std::string> bytes) {
  const std::lock_guard lock(kept_mutex_);
  kept_.push_back(std::move(bytes));
  return *kept_.back();
}

std::optional<std::chrono::microseconds> Reply::first_word() const {
  return known(first_word_us_.load());
}

std::optional<std::chrono::microseconds> Reply::filler() const {
  return known(filler_us_.load());
}

void Replies::add(const std::shared_ptr<Reply>& reply) {
  Shard& in = shard(reply->number());
  const std::lock_guard lock(in.mutex);
  in.open.emplace(reply->number(), reply);
}

std::shared_ptr<Reply> Replies::find(vap_reply_t number, const Agent& agent) {
  Shard& in = shard(number);
  const std::lock_guard lock(in.mutex);
  const auto found = in.open.find(number);
  return found != in.open.end() && &found->second->agent() == &agent ? found->second : nullptr;
}

bool Replies::is_open(vap_reply_t number) {
  Shard& in = shard(number);
  const std::lock_guard lock(in.mutex);
  return in.open.contains(number);
}

std::shared_ptr<Reply> Replies::take(vap_reply_t number, const Agent& agent) {
  Shard& in = shard(number);
  const std::lock_guard lock(in.mutex);
  const auto found = in.open.find(number);
  if (found == in.open.end() || &found->second->agent() != &agent) return nullptr;
  std::shared_ptr<Reply> taken = std::move(found->second);
  in.open.erase(found);
  return taken;
}

std::vector<std::shared_ptr<Reply>> Replies::all() {
  std::vector<std::shared_ptr<Reply>> open;
  for (Shard& in : shards_) {
    const std::lock_guard lock(in.mutex);
    for (const auto& [number, reply] : in.open) open.push_back(reply);
  }
  return open;
}

}  // namespace patchbay
