// SPDX-License-Identifier: MIT
#include "state/replies.h"

#include "codec/event.h"
#include "codec/http_response.h"
#include "codec/json_text.h"

namespace patchbay {
namespace {

constexpr std::size_t most_at_once = 1024 * 1024;  // bytes in one say() or data(), see vap.h

HttpResponse json_response(int status, std::string_view json) {
  HttpResponse response;
  response.status = status;
  response.body = json;
  return response;
}

}  // namespace

std::string_view name_of(Outcome outcome) {
  constexpr std::string_view names[] = {"answered",    "failed",    "timed_out", "interrupted",
                                        "caller_gone", "shut_down", "replaced"};
  return names[static_cast<std::size_t>(outcome)];
}

Reply::Reply(vap_reply_t number, ReplyKind kind, TurnFacts facts, Lease lease,
             std::shared_ptr<Stream> stream, Moment opened, Milliseconds budget)
    : number_(number),
      kind_(kind),
      facts_(std::move(facts)),
      lease_(std::move(lease)),
      stream_(std::move(stream)),
      encoder_(facts_.turn),
      opened_(opened),
      budget_(budget) {}

vap_status_t Reply::may_speak() const {
  if (cancelled() != VAP_CANCEL_NONE) return VAP_E_CANCELLED;
  return is_closed() || hung_up_.load() ? VAP_E_ENDED : VAP_OK;
}

vap_status_t Reply::say(std::string_view text, vap_emit_flags_t flags) {
  if (kind_ != ReplyKind::stream) return VAP_E_UNSUPPORTED;
  if (text.size() > most_at_once) return VAP_E_LIMIT;
  if (const vap_status_t no = may_speak(); no != VAP_OK) return no;
  if (text.empty()) return VAP_OK;
  std::string event;
  encoder_.append_tts(event, text);
  return send(event, flags, text.size());
}

vap_status_t Reply::data(std::string_view json, vap_emit_flags_t flags) {
  if (kind_ == ReplyKind::silent) return VAP_E_UNSUPPORTED;
  if (json.size() > most_at_once) return VAP_E_LIMIT;
  if (const vap_status_t no = may_speak(); no != VAP_OK) return no;
  if (check_json(json, max_json_depth)) return VAP_E_INVALID;
  if (kind_ == ReplyKind::answer) {
    if (answered_.exchange(true)) return VAP_E_UNSUPPORTED;  // one event, one answer
    answer(json);
    return VAP_OK;
  }
  std::string event;
  encoder_.append_data(event, json);
  return send(event, flags, 0);
}

vap_status_t Reply::send(std::string_view event, vap_emit_flags_t flags, std::size_t said) {
  const Moment until = (flags & VAP_NOWAIT) != 0 ? Moment::min() : opened_ + budget_;
  switch (stream_->send(event, until)) {
    case Stream::Sent::sent:
      break;
    case Stream::Sent::full:
      return (flags & VAP_NOWAIT) != 0 ? VAP_E_AGAIN : VAP_E_DEADLINE;
    case Stream::Sent::gone:
      return VAP_E_CANCELLED;
    case Stream::Sent::closed:
      return cancelled() != VAP_CANCEL_NONE ? VAP_E_CANCELLED : VAP_E_ENDED;
  }
  bytes_said_ += said;
  if (first_word_us_.load() < 0) {
    std::int64_t none = -1;
    const auto passed =
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - opened_);
    first_word_us_.compare_exchange_strong(none, passed.count());
  }
  return VAP_OK;
}

void Reply::answer(std::string_view json) {
  stream_->answer(encode_response(json_response(200, json), stream_->keep_alive()));
  first_word_us_ =
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - opened_).count();
}

vap_status_t Reply::hangup(bool send_event) {
  if (kind_ != ReplyKind::stream) return VAP_E_UNSUPPORTED;
  if (const vap_status_t no = may_speak(); no != VAP_OK) return no;
  if (!send_event) return VAP_E_UNSUPPORTED;
  std::string event;
  encoder_.append_hangup(event);
  if (hung_up_.exchange(true)) return VAP_E_ENDED;
  return send(event, 0, 0);
}

std::int64_t Reply::time_left_ms(Moment now) const {
  if (is_closed() || cancelled() != VAP_CANCEL_NONE) return 0;
  const auto left = std::chrono::duration_cast<Milliseconds>(opened_ + budget_ - now).count();
  return left > 0 ? left : 0;
}

bool Reply::cancel(vap_cancel_t reason) {
  vap_cancel_t none = VAP_CANCEL_NONE;
  return cancelled_.compare_exchange_strong(none, reason);
}

bool Reply::close(Outcome outcome, std::string_view last_words) {
  if (closed_.exchange(true)) return false;
  if (kind_ == ReplyKind::answer && !answered_.exchange(true)) end_answer(outcome);
  if (kind_ != ReplyKind::stream) return true;
  std::string events;
  if (!last_words.empty() && !hung_up_.load()) {
    // Pipelines join what is said as it comes: without a blank, "The total is" and "Sorry" would be
    // one word.
    const std::string_view blank = bytes_said_.load() > 0 ? " " : "";
    encoder_.append_tts(events, std::string(blank).append(last_words));
  }
  encoder_.append_end(events);
  stream_->finish(events);
  return true;
}

// A data event that got no answer of its own still gets one: {} says "nothing to show".
void Reply::end_answer(Outcome outcome) {
  switch (outcome) {
    case Outcome::failed:
      stream_->answer(encode_response(
          error_response(500,
                         {"agent_failed", "the agent failed on this event", "see the host's log"}),
          stream_->keep_alive()));
      return;
    case Outcome::timed_out:
      stream_->answer(encode_response(
          error_response(
              504, {"agent_timed_out", "the agent did not answer in time", "see the host's log"}),
          stream_->keep_alive()));
      return;
    case Outcome::replaced:
      stream_->answer(encode_response(
          error_response(503, {"agent_replaced", "the agent was replaced meanwhile", "try again"}),
          stream_->keep_alive()));
      return;
    case Outcome::shut_down:
      stream_->answer(encode_response(
          error_response(503, {"shutting_down", "the host is shutting down", "try again"}),
          stream_->keep_alive()));
      return;
    case Outcome::answered:
    case Outcome::interrupted:
    case Outcome::caller_gone:
      stream_->answer(encode_response(json_response(200, "{}"), stream_->keep_alive()));
  }
}

std::string_view Reply::keep(std::shared_ptr<const std::string> bytes) {
  const std::lock_guard lock(mutex_);
  kept_.push_back(std::move(bytes));
  return *kept_.back();
}

std::optional<std::chrono::microseconds> Reply::first_word() const {
  const std::int64_t passed = first_word_us_.load();
  if (passed < 0) return std::nullopt;
  return std::chrono::microseconds(passed);
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
