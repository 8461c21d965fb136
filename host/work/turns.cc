// SPDX-License-Identifier: MIT
#include "work/turns.h"

#include <fmt/format.h>

#include <utility>

#include "ground/text.h"

namespace patchbay {
namespace {

vap_str_t str(const std::string& text) {
  return {text.data(), text.size()};
}

TurnFacts facts_of(const Event& event) {
  return {event.type_name, event.conversation_id, event.session_id, event.turn_id};
}

std::string words_of(const vap_error_t& error) {
  std::string words;
  append_utf8_repaired(words, {error.message, ::strnlen(error.message, sizeof error.message)});
  return words;
}

// Trouble is never silent: the caller hears the agent's fallback line. Where the host goes down, or
// a version is let go, in the middle of a sentence, another sentence would not help.
bool wants_fallback(const Reply& reply, Outcome outcome) {
  if (outcome == Outcome::shut_down || outcome == Outcome::replaced) return !reply.first_word();
  return outcome == Outcome::failed || outcome == Outcome::timed_out;
}

}  // namespace

// One turn on its way to the plugin: what on_turn borrows.
struct Turns::Turn {
  std::shared_ptr<Reply> reply;
  Event event;
  std::string body;
};

Turns::Turns(House house, std::size_t most_at_once) : house_(house), most_(most_at_once) {}

Problem Turns::begin(Order order) {
  if (!admit()) {
    if (Problem closed = closing()) return closed;
    const std::lock_guard lock(mutex_);
    return Error{"too_many_turns", fmt::format("{} turns are running, which is the limit", open_),
                 "try again; the operator can raise max_turns in [server]"};
  }
  const AgentConfig& agent = order.lease.agent().config();
  auto reply = std::make_shared<Reply>(house_.replies.next_number(), order.kind,
                                       facts_of(order.event), std::move(order.lease), order.stream,
                                       Clock::now(), agent.turn_timeout);
  const std::weak_ptr<Reply> weak = reply;
  reply->set_alarm(house_.timers.at(reply->opened() + agent.turn_timeout, [this, weak] {
    if (const auto late = weak.lock()) cancel(late, VAP_CANCEL_DEADLINE, Outcome::timed_out);
  }));
  house_.replies.add(reply);
  house_.log.debug("caller says", {{"agent", agent.name},
                                   {"conversation", reply->facts().conversation},
                                   {"text", order.event.text}});

  if (order.kind == ReplyKind::stream) {
    if (const auto previous = house_.conversations.begin(reply))
      cancel(previous, VAP_CANCEL_BARGE_IN, Outcome::interrupted);
    order.stream->begin_events();
  }
  if (order.stream) {
    order.stream->when_gone([this, weak] {
      if (const auto unheard = weak.lock())
        cancel(unheard, VAP_CANCEL_HANGUP, Outcome::caller_gone);
    });
  }
  house_.workers.post(
      [this, turn = std::make_shared<Turn>(Turn{std::move(reply), std::move(order.event),
                                                std::move(order.body)})] { run(turn); });
  return std::nullopt;
}

void Turns::run(const std::shared_ptr<Turn>& turn) {
  Reply& reply = *turn->reply;
  Agent& agent = reply.agent();
  // Hung up, talked over or too late before any worker was free?
  if (reply.is_closed() || !reply.give()) {
    house_.replies.take(reply.number(), agent);
    return;
  }
  const Event& event = turn->event;
  const std::string turn_id = event.turn_id.value_or("");
  const vap_turn_t given{sizeof given,          0,
                         str(event.type_name),  str(event.conversation_id),
                         str(event.session_id), str(turn_id),
                         str(event.text),       str(turn->body),
                         reply.budget().count()};
  vap_error_t why{};
  const vap_status_t status = agent.on_turn(given, reply.number(), why);
  if (status == VAP_ASYNC) return;  // the plugin keeps the reply, and ends it with host->end()

  if (!reply.is_closed() && Clock::now() >= reply.opened() + reply.budget()) {
    // It waited for a slow listener until its time was over: the alarm is about to say the same.
    cancel(turn->reply, VAP_CANCEL_DEADLINE, Outcome::timed_out);
  } else if (!reply.is_closed()) {
    finish(reply, status < 0 ? Outcome::failed : Outcome::answered,
           status < 0 ? words_of(why) : std::string());
  } else if (reply.cancelled() == VAP_CANCEL_DEADLINE) {
    house_.log.warn(
        "the agent came back after its deadline",
        {{"agent", agent.name()},
         {"conversation", reply.facts().conversation},
         {"turn", turn_id},
         {"ms", std::chrono::duration_cast<Milliseconds>(Clock::now() - reply.opened()).count()}});
  }
  house_.replies.take(reply.number(), agent);
}

vap_status_t Turns::end(vap_reply_t number, const Agent& agent, vap_status_t status,
                        std::string_view why) {
  const std::shared_ptr<Reply> reply = house_.replies.take(number, agent);
  if (reply == nullptr) return VAP_E_ENDED;
  finish(*reply, status < 0 ? Outcome::failed : Outcome::answered, why);
  return VAP_OK;
}

void Turns::cancel(const std::shared_ptr<Reply>& reply, vap_cancel_t reason, Outcome outcome) {
  if (reply->is_closed() || !reply->cancel(reason)) return;
  finish(*reply, outcome);
  if (reply->withdraw() || !reply->agent().wants_cancels()) return;
  house_.urgent.post([this, reply, reason] {
    Agent& agent = reply->agent();
    if (house_.replies.find(reply->number(), agent) != nullptr)
      agent.on_cancel(reply->number(), reason);
  });
}

void Turns::finish(Reply& reply, Outcome outcome, std::string_view why) {
  const std::string_view last_words = wants_fallback(reply, outcome)
                                          ? std::string_view(reply.agent().config().fallback)
                                          : std::string_view();
  if (!reply.close(outcome, last_words)) return;
  house_.timers.cancel(reply.alarm());
  if (reply.kind() == ReplyKind::stream) house_.conversations.end(reply);
  if (reply.facts().event == name_of(EventType::session_end)) {
    house_.memory.session_ended(reply.agent().name(), reply.facts().conversation, Clock::now());
  }
  write_down(reply, outcome, why);
  judge(reply, outcome);
  leave();  // last: when the last turn has left, the plugins may be taken down
}

// What the caller did, or the operator, says nothing about the version.
void Turns::judge(const Reply& reply, Outcome outcome) {
  const bool failed = outcome == Outcome::failed || outcome == Outcome::timed_out;
  if (failed || outcome == Outcome::answered) reply.agent().generation().record().note(!failed);
}

void Turns::write_down(const Reply& reply, Outcome outcome, std::string_view why) {
  const Agent& agent = reply.agent();
  const TurnFacts& facts = reply.facts();
  const auto first_word = reply.first_word();
  const auto took = std::chrono::duration_cast<Milliseconds>(Clock::now() - reply.opened());
  house_.metrics.count("patchbay_turns_total",
                       fmt::format(R"(agent="{}",event="{}",outcome="{}")", agent.name(),
                                   facts.event, name_of(outcome)),
                       1);
  if (first_word) {
    house_.metrics.observe("patchbay_first_word_seconds",
                           fmt::format(R"(agent="{}")", agent.name()),
                           std::chrono::duration<double>(*first_word).count());
  }
  const bool trouble = outcome == Outcome::failed || outcome == Outcome::timed_out ||
                       outcome == Outcome::shut_down || outcome == Outcome::replaced;
  house_.log.write(trouble ? LogLevel::warn : LogLevel::info, "turn",
                   {{"agent", agent.name()},
                    {"plugin", agent.generation().manifest().id},
                    {"version", agent.generation().manifest().version},
                    {"event", facts.event},
                    {"conversation", facts.conversation},
                    {"turn", facts.turn.value_or("")},
                    {"first_word_ms", first_word ? first_word->count() / 1000 : -1},
                    {"ms", took.count()},
                    {"bytes", static_cast<std::int64_t>(reply.bytes_said())},
                    {"outcome", name_of(outcome)},
                    {"why", why}});
}

bool Turns::admit() {
  const std::lock_guard lock(mutex_);
  if (draining_ || open_ >= most_) return false;
  ++open_;
  return true;
}

void Turns::leave() {
  const std::lock_guard lock(mutex_);
  if (--open_ == 0) none_open_.notify_all();
}

Problem Turns::closing() const {
  const std::lock_guard lock(mutex_);
  if (!draining_) return std::nullopt;
  return Error{"draining", "this host is shutting down",
               "send the turn to another host, or try again"};
}

void Turns::close() {
  const std::lock_guard lock(mutex_);
  draining_ = true;
}

bool Turns::drain(Milliseconds most) {
  close();
  std::unique_lock lock(mutex_);
  return none_open_.wait_for(lock, most, [&] { return open_ == 0; });
}

void Turns::cancel_all() {
  for (const auto& reply : house_.replies.all())
    cancel(reply, VAP_CANCEL_SHUTDOWN, Outcome::shut_down);
}

void Turns::cancel_all_of(const Generation& generation) {
  for (const auto& reply : house_.replies.all()) {
    if (&reply->agent().generation() == &generation)
      cancel(reply, VAP_CANCEL_RELOAD, Outcome::replaced);
  }
}

std::size_t Turns::open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

}  // namespace patchbay
