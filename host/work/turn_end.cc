// SPDX-License-Identifier: MIT
#include "work/turn_end.h"

#include <fmt/format.h>

namespace patchbay {
namespace {

// What the caller did, or the operator, says nothing about the version.
void judge(const Reply& reply, Outcome outcome) {
  const bool failed = outcome == Outcome::failed || outcome == Outcome::timed_out;
  if (failed || outcome == Outcome::answered) reply.agent().generation().record().note(!failed);
}

}  // namespace

Outcome outcome_of(vap_cancel_t reason) {
  switch (reason) {
    case VAP_CANCEL_HANGUP:
      return Outcome::caller_gone;
    case VAP_CANCEL_BARGE_IN:
      return Outcome::interrupted;
    case VAP_CANCEL_DEADLINE:
      return Outcome::timed_out;
    case VAP_CANCEL_RELOAD:
      return Outcome::replaced;
    case VAP_CANCEL_SHUTDOWN:
      return Outcome::shut_down;
    default:
      return Outcome::failed;  // there is no other
  }
}

Outcome outcome_of(const Reply& reply, vap_status_t status) {
  if (const vap_cancel_t reason = reply.cancelled(); reason != VAP_CANCEL_NONE)
    return outcome_of(reason);
  return status < 0 ? Outcome::failed : Outcome::answered;
}

void tell_end(const Reply& reply, Outcome outcome, std::string_view why, Metrics& metrics,
              Log& log) {
  const Agent& agent = reply.agent();
  const TurnFacts& facts = reply.facts();
  const auto first_word = reply.first_word();
  const auto filler = reply.filler();
  const auto took = std::chrono::duration_cast<Milliseconds>(Clock::now() - reply.opened());
  metrics.count(
      "patchbay_turns_total",
      fmt::format(R"({},event="{}",outcome="{}")", agent.label(), facts.event, name_of(outcome)),
      1);
  if (first_word) {
    metrics.observe("patchbay_first_word_seconds", agent.label(),
                    std::chrono::duration<double>(*first_word).count());
  }
  const bool trouble = outcome == Outcome::failed || outcome == Outcome::timed_out ||
                       outcome == Outcome::shut_down || outcome == Outcome::replaced;
  log.write(trouble ? LogLevel::warn : LogLevel::info, "turn",
            {{"agent", agent.name()},
             {"plugin", agent.generation().manifest().id},
             {"version", agent.generation().manifest().version},
             {"event", facts.event},
             {"conversation", facts.conversation},
             {"turn", facts.turn.value_or("")},
             {"first_word_ms", first_word ? first_word->count() / 1000 : -1},
             {"ms", took.count()},
             {"filler_ms", filler ? filler->count() / 1000 : -1},
             {"bytes", static_cast<std::int64_t>(reply.bytes_said())},
             {"outcome", name_of(outcome)},
             {"why", Spoken{why}}});
  judge(reply, outcome);
}

}  // namespace patchbay
