// SPDX-License-Identifier: MIT
#include "work/turns.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "work/ledger.h"
#include "work/stuck_calls.h"
#include "work/turn_end.h"

namespace patchbay {
namespace {

vap_str_t str(const std::string& text) {
  return {text.data(), text.size()};
}

// Trouble is never silent: the caller hears the agent's fallback line. Where the host goes down, or
// a version is let go, in the middle of a sentence, another sentence would not help.
bool wants_fallback(const Reply& reply, Outcome outcome) {
  if (outcome == Outcome::shut_down || outcome == Outcome::replaced) return !reply.first_word();
  // Where the caller is gone he hears it only if he came back at that moment: see Reply::close().
  return outcome == Outcome::failed || outcome == Outcome::timed_out ||
         outcome == Outcome::caller_gone;
}

// What the log says of an end beside its outcome.
std::string reason_of(vap_status_t status, std::string_view words) {
  return status == VAP_PASS && words.empty() ? "silent on purpose" : std::string(words);
}

// A call is stuck when it is out so long after its turn should have been over.
constexpr Milliseconds stuck_after{1'000};
constexpr Milliseconds cancel_budget{5'000};  // for on_cancel, which should only set a flag

// By what is in memory of the history. Where that is to be read first, run() looks again.
std::optional<KnownTurns::Before> known_before(const Event& event, const Reply& reply) {
  if (reply.kind() != ReplyKind::stream || reply.book() == nullptr) return std::nullopt;
  return reply.book()->ended_before(opening_of(event, reply));
}

}  // namespace

// One turn on its way to the plugin: what on_turn borrows.
struct Turns::Turn {
  std::shared_ptr<Reply> reply;
  Event event;
  std::string body;
  std::shared_ptr<Share> share;          // of the body
  std::shared_ptr<Stream> unbegun = {};  // begins when it is known that the turn is not refused
  Milliseconds pause{0};                 // before the next look at another host's answer
};

Turns::Turns(House house, std::size_t most_at_once, Options options)
    : house_(house),
      options_(options),
      account_(most_at_once),
      deliveries_(options.answers),
      repeats_(options.duplicates, house.metrics, house.log) {}

Problem Turns::begin(Order order) {
  const Event& event = order.event;
  const Agent& agent = order.lease.agent();
  TurnFacts facts{event.type_name, event.conversation_id, event.session_id, event.turn_id,
                  lines_.language(agent.name(), event.conversation_id, event.language)};
  auto reply = std::make_shared<Reply>(house_.replies.next_number(), order.kind, std::move(facts),
                                       std::move(order.lease), order.stream, Clock::now(),
                                       agent.config().turn_timeout);
  // A turn that came before needs no room, and is answered also by a host that goes down.
  // What only tells the agent something is short, and nobody would tell it again.
  const bool room = account_.admit(order.kind == ReplyKind::silent);
  if (options_.duplicates != Duplicates::run) {
    const auto seen = deliveries_.begin(reply, order.content, room, reply->opened());
    if (seen.known == Deliveries::Known::running || seen.known == Deliveries::Known::over) {
      if (room) account_.turn_away();
      return repeat(seen, *reply, order.stream);
    }
    if (seen.known == Deliveries::Known::other_text)
      house_.log.warn("a turn's id came again with another text",
                      {{"agent", agent.name()},
                       {"conversation", reply->facts().conversation},
                       {"turn", reply->facts().turn.value_or("")},
                       {"next", "it is taken for a turn of its own"}});
  }
  if (!reply->facts().conversation.empty())
    reply->set_book(house_.archive.book(reply->talk(), reply->opened()));
  if (const auto before = known_before(order.event, *reply)) {
    repeats_.give(*before, *reply);
    deliveries_.end(*reply, Clock::now());
    if (room) account_.turn_away();
    return repeats_.refusal();
  }
  if (!room) return account_.no_room();
  return begin_fresh(std::move(order), std::move(reply));
}

Problem Turns::repeat(const Deliveries::Seen& seen, const Reply& asked,
                      const std::shared_ptr<Stream>& stream) {
  if (seen.running && stream && repeats_.move(*seen.running, asked, stream)) {
    watch_listener(seen.running, stream);
    return std::nullopt;
  }
  return repeats_.give(seen.over ? *seen.over : seen.running->recorded(), seen.overtaken, asked,
                       stream.get());
}

Problem Turns::begin_fresh(Order order, std::shared_ptr<Reply> reply) {
  const Agent& agent = reply->agent();
  auto turn = std::make_shared<Turn>();
  set_alarms(reply);
  house_.replies.add(reply);
  house_.log.debug("caller says", {{"agent", agent.name()},
                                   {"conversation", reply->facts().conversation},
                                   {"text", Spoken{order.event.text}}});
  if (order.kind == ReplyKind::stream) {
    if (const auto previous = house_.conversations.begin(reply)) {
      cancel(previous, VAP_CANCEL_BARGE_IN);
      previous->await_written();
    }
    enter_in_book(order.event, *reply);
    // Over already, by a repeat whose caller hung up at once? Then its end came before its begin.
    if (reply->is_closed()) {
      house_.conversations.end(*reply);
      leave_book(*reply, reply->recorded().outcome);
    }
    const bool may_be_refused =
        options_.duplicates == Duplicates::refuse && reply->book() != nullptr;
    if (may_be_refused) {
      turn->unbegun = order.stream;
    } else {
      order.stream->begin_events();
    }
  }
  if (order.stream) watch_listener(reply, order.stream);
  turn->reply = std::move(reply);
  turn->event = std::move(order.event);
  turn->body = std::move(order.body);
  turn->share = std::move(order.share);
  house_.workers.post([this, turn = std::move(turn)] { run(turn); });
  return std::nullopt;
}

// Before anybody else knows the reply.
void Turns::set_alarms(const std::shared_ptr<Reply>& reply) {
  const AgentConfig& agent = reply->agent().config();
  const std::weak_ptr<Reply> weak = reply;
  reply->set_alarm(house_.timers.at(reply->opened() + agent.turn_timeout, [this, weak] {
    if (const auto late = weak.lock()) cancel(late, VAP_CANCEL_DEADLINE);
  }));
  if (reply->kind() != ReplyKind::stream || agent.first_say.count() == 0) return;
  reply->set_filler_alarm(house_.timers.at(reply->opened() + agent.first_say, [this, weak] {
    if (const auto silent = weak.lock()) fill(*silent);
  }));
}

// Only the listener that the answer goes to counts: one that it moved away from may go.
void Turns::watch_listener(const std::shared_ptr<Reply>& reply,
                           const std::shared_ptr<Stream>& stream) {
  const std::weak_ptr<Reply> weak = reply;
  stream->when_gone([this, weak, listener = stream.get()] {
    const auto unheard = weak.lock();
    if (unheard && unheard->lose(listener)) let_know(unheard, VAP_CANCEL_HANGUP);
  });
}

void Turns::fill(Reply& reply) {
  constexpr std::string_view notice = R"({"patchbay":{"filler":true}})";
  const AgentConfig& agent = reply.agent().config();
  const TurnFacts& facts = reply.facts();
  if (reply.is_closed()) return;
  const std::string text = lines_.next_filler(agent, facts.conversation, facts.language);
  if (!reply.fill(text, agent.filler_event ? notice : std::string_view())) return;
  house_.metrics.count("patchbay_fillers_total", reply.agent().label(), 1);
}

void Turns::run(const std::shared_ptr<Turn>& turn) {
  Reply& reply = *turn->reply;
  Agent& agent = reply.agent();
  const TurnFacts& facts = reply.facts();
  const std::size_t most = share_of(agent.config(), options_.workers);
  // An agent whose conversation cannot be read is told so when it asks for what was.
  if (!open_book(*turn)) return look_again(turn);
  const auto before =
      reply.book() == nullptr ? std::nullopt : reply.book()->answer_before(reply.number());
  if (before && give_again(*turn, *before)) return;
  if (turn->unbegun) std::exchange(turn->unbegun, nullptr)->begin_events();
  house_.metrics.count("patchbay_turns_accepted_total", agent.label(), 1);
  const auto out =
      reply.is_closed()
          ? std::nullopt
          : callbacks_.enter(agent,
                             {agent.name(), facts.conversation, facts.turn.value_or(""),
                              Clock::now(), reply.opened() + reply.budget() + stuck_after},
                             most);
  // Hung up, talked over or too late before any worker was free?
  if (!out && !reply.is_closed()) {
    finish(reply, Outcome::failed,
           fmt::format("{} calls of this agent have not come back, which is its share of the "
                       "workers (max_workers)",
                       most));
  }
  if (out && !reply.is_closed() && reply.give()) {
    call(turn);
  } else {
    house_.replies.take(reply.number(), agent);
  }
  if (out) callbacks_.leave(*out);
}

// False where another host runs this turn.
bool Turns::open_book(Turn& turn) {
  Reply& reply = *turn.reply;
  Book* book = reply.book();
  if (book == nullptr) return true;
  if (reply.kind() != ReplyKind::stream) {
    static_cast<void>(book->open());
    return true;
  }
  if (reply.is_elsewhere()) enter_in_book(turn.event, reply);
  const auto taken = book->open_for(reply.number(), !reply.is_closed());
  reply.set_elsewhere(taken && *taken == Holds::Taken::same_task);
  return !reply.is_elsewhere();
}

// Until that host is done, and its answer can be read; or until it is dead, and the turn runs here.
// No worker waits for that.
void Turns::look_again(const std::shared_ptr<Turn>& turn) {
  constexpr Milliseconds first{25}, longest{200};
  Reply& reply = *turn->reply;
  if (turn->pause == Milliseconds{0})
    house_.log.info("another host runs this turn", {{"conversation", reply.facts().conversation},
                                                    {"turn", reply.facts().turn.value_or("")}});
  if (reply.is_closed()) {
    deliveries_.disown(reply);
    house_.metrics.count("patchbay_turns_accepted_total", reply.agent().label(), 1);
    house_.replies.take(reply.number(), reply.agent());
    return;
  }
  turn->pause = std::clamp(2 * turn->pause, first, longest);
  house_.timers.at(Clock::now() + turn->pause,
                   [this, turn] { house_.workers.post([this, turn] { run(turn); }); });
}

void Turns::give_way(const Hold& hold) {
  const auto reply = house_.conversations.speaking_in(hold.conversation);
  if (reply && reply->book() != nullptr && reply->book()->holds(reply->number(), hold.task))
    cancel(reply, VAP_CANCEL_BARGE_IN);
}

// It is the repeat of a turn, and so it is none that was accepted. False where it had another end
// meanwhile, as which it is accounted for.
bool Turns::give_again(const Turn& turn, const KnownTurns::Before& before) {
  Reply& reply = *turn.reply;
  if (!repeats_.give(before, reply)) return false;
  unhook(reply);
  house_.conversations.end(reply);
  account_.turn_away();
  house_.replies.take(reply.number(), reply.agent());
  return true;
}

// What waits for the end of a reply, and what may be asked of it, when it is closed.
void Turns::unhook(const Reply& reply) {
  house_.timers.cancel(reply.alarm());
  if (reply.filler_alarm() != 0) house_.timers.cancel(reply.filler_alarm());
  if (options_.duplicates == Duplicates::run) return;
  reply.is_elsewhere() ? deliveries_.disown(reply) : deliveries_.end(reply, Clock::now());
}

void Turns::call(const std::shared_ptr<Turn>& turn) {
  Reply& reply = *turn->reply;
  Agent& agent = reply.agent();
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
    cancel(turn->reply, VAP_CANCEL_DEADLINE);
  } else if (!reply.is_closed()) {
    finish(reply, outcome_of(reply, status),
           reason_of(status, status < 0 ? words_of(why) : std::string()));
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
  finish(*reply, outcome_of(*reply, status), reason_of(status, why));
  return VAP_OK;
}

void Turns::cancel(const std::shared_ptr<Reply>& reply, vap_cancel_t reason) {
  if (!reply->is_closed() && reply->cancel(reason)) let_know(reply, reason);
}

// Whoever listens, and then whoever speaks: the reply is cancelled already.
void Turns::let_know(const std::shared_ptr<Reply>& reply, vap_cancel_t reason) {
  const bool never_given = reply->withdraw();
  finish(*reply, outcome_of(reason));
  if (!never_given && reply->agent().wants_cancels()) push_cancel(reply, reason);
}

// An on_cancel that hangs holds one of few threads: its agent gets no more than half of them.
void Turns::push_cancel(const std::shared_ptr<Reply>& reply, vap_cancel_t reason) {
  house_.urgent.post([this, reply, reason] {
    Agent& agent = reply->agent();
    if (house_.replies.find(reply->number(), agent) == nullptr) return;
    const auto out =
        cancels_.enter(agent,
                       {agent.name(), reply->facts().conversation, reply->facts().turn.value_or(""),
                        Clock::now(), Clock::now() + cancel_budget},
                       std::max<std::size_t>(options_.urgent_workers / 2, 1));
    if (!out) return;  // it can still ask: cancelled()
    agent.on_cancel(reply->number(), reason);
    cancels_.leave(*out);
  });
}

void Turns::finish(Reply& reply, Outcome outcome, std::string_view why) {
  const std::string last_words = wants_fallback(reply, outcome)
                                     ? fallback_for(reply.agent().config(), reply.facts().language)
                                     : std::string();
  std::optional<Reply::Ending> ending = reply.close(outcome, last_words);
  if (!ending) return;
  unhook(reply);
  leave_book(reply, outcome);
  reply.note_written();
  if (reply.kind() == ReplyKind::stream) house_.conversations.end(reply);
  // Only now: whoever hears the end may begin the next turn at once, which must find this one.
  ending.reset();
  tell_end(reply, outcome, why, house_.metrics, house_.log);
  account_.leave(outcome);  // last: when the last turn has left, the plugins may be taken down
}

void Turns::look_after(Moment now) {
  tell_stuck(callbacks_, "on_turn", now, house_.metrics, house_.log);
  tell_stuck(cancels_, "on_cancel", now, house_.metrics, house_.log);
  dictation_.look(house_.replies.all(), now);
  const bool adds_up = account_.sums().adds_up();
  house_.metrics.set("patchbay_turns_balanced", "", adds_up ? 1 : 0);
  if (adds_up || imbalance_told_.exchange(true)) return;
  write_account();
}

bool Turns::drain(Milliseconds most) {
  close();
  return account_.none_open_within(most);
}

void Turns::cancel_all() {
  for (const auto& reply : house_.replies.all()) cancel(reply, VAP_CANCEL_SHUTDOWN);
}

void Turns::cancel_all_of(const Generation& generation) {
  for (const auto& reply : house_.replies.all()) {
    if (&reply->agent().generation() == &generation) cancel(reply, VAP_CANCEL_RELOAD);
  }
}

}  // namespace patchbay
