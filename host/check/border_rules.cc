// SPDX-License-Identifier: MIT
#include "check/border_rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "machine/process_state.h"
#include "vap/vap.h"

namespace patchbay {
namespace {

// How long an agent may take to notice that nobody listens any more.
constexpr Milliseconds grace{3'000};

Verdict never_let_go() {
  return failed(
      fmt::format("{} s after the cancel it has not let go of the turn", grace.count() / 1000));
}

// --- cancelled turns

// Tasks take as long as they ask for: the turn shall be under way when it is cancelled.
Result<Rehearsal*> rehearse_unhurried(const Trial& trial) {
  TrialTerms terms = terms_of(trial.subject);
  terms.host.longest_delay = any_delay;
  return rehearse(trial, terms);
}

Verdict cancel_before(const Trial& trial) {
  const Result<Rehearsal*> on = rehearse_unhurried(trial);
  if (!on) return cannot_begin(on.error());
  TrialAgent& agent = *(*on)->agent;
  trial.step("on_turn of a turn that is cancelled already");
  const auto turn = agent.start(message_for(trial.subject), VAP_CANCEL_BARGE_IN);
  agent.cancel(*turn, VAP_CANCEL_BARGE_IN);
  return agent.finish(*turn, grace) ? passed() : never_let_go();
}

Verdict cancel_during(const Trial& trial) {
  const Result<Rehearsal*> on = rehearse_unhurried(trial);
  if (!on) return cannot_begin(on.error());
  TrialAgent& agent = *(*on)->agent;
  const auto turn = agent.start(message_for(trial.subject));
  agent.spoken_within(*turn, Milliseconds{500});
  trial.step("cancel of a turn under way");
  agent.cancel(*turn, VAP_CANCEL_BARGE_IN);
  if (!agent.finish(*turn, grace)) return never_let_go();

  trial.step("on_turn after a cancelled one");
  const auto next = agent.start(message_for(trial.subject));
  agent.spoken_within(*next, Milliseconds{500});
  agent.cancel(*next, VAP_CANCEL_HANGUP);
  return agent.finish(*next, grace) ? passed() : never_let_go();
}

Verdict deadline(const Trial& trial) {
  const Result<Rehearsal*> on = rehearse_unhurried(trial);
  if (!on) return cannot_begin(on.error());
  TrialAgent& agent = *(*on)->agent;
  TurnText text = message_for(trial.subject);
  text.budget = Milliseconds{300};
  const auto turn = agent.start(text);
  if (agent.finish(*turn, text.budget)) return passed();
  trial.step("cancel at the deadline");
  agent.cancel(*turn, VAP_CANCEL_DEADLINE);
  return agent.finish(*turn, grace) ? passed() : never_let_go();
}

// --- memory that was only lent

Verdict strings_not_kept(const Trial& trial) {
  TrialTerms terms = terms_of(trial.subject);
  terms.take_back = true;
  const Result<Rehearsal*> on = rehearse(trial, terms);
  if (!on) return cannot_begin(on.error());
  for (const char* event :
       {"session.start", "message", "message", "data", "message", "session.end"}) {
    trial.step(fmt::format("{}, while all that was lent before is unreadable", event));
    TurnText text = message_for(trial.subject);
    text.event = event;
    if (!(*on)->agent->perform(text).ended)
      return skipped("a reply was never ended (see ends-once)");
  }
  trial.step("destroy, while all that was lent before is unreadable");
  (*on)->agent->destroy();
  return passed();
}

// --- hosts of other kinds

Verdict host_calls_fail(const Trial& trial, Refusing what, std::string_view name,
                        vap_status_t status) {
  TrialTerms terms = terms_of(trial.subject);
  terms.host.refusing = what;
  terms.host.refusal = status;
  const Result<Rehearsal*> on = rehearse(trial, terms);
  if (!on) return passed();  // it may say that it cannot work so
  trial.step(fmt::format("a message, while {} returns {}", name, status));
  for (const char* event : {"session.start", "message", "data", "session.end"}) {
    TurnText text = message_for(trial.subject);
    text.event = event;
    const TurnEnd turn = (*on)->agent->perform(text, grace);
    if (!turn.ended)
      return failed(fmt::format("while {} returns {}, it never ends a reply", name, status));
  }
  return passed();
}

Verdict every_host_call_fails(const Trial& trial) {
  if (const Result<Rehearsal*> on = rehearse(trial); !on) return cannot_begin(on.error());
  struct Function {
    Refusing what;
    std::string_view name;
  };
  constexpr Function functions[] = {{Refusing::say, "say()"},
                                    {Refusing::data, "data()"},
                                    {Refusing::end, "end()"},
                                    {Refusing::state, "vap.state/1"},
                                    {Refusing::history, "vap.history/1"},
                                    {Refusing::journal, "vap.journal/1"},
                                    {Refusing::task, "vap.task/1"},
                                    {Refusing::http, "vap.http/1"},
                                    {Refusing::tool, "vap.tool/1"},
                                    {Refusing::hangup, "hangup()"},
                                    {Refusing::everything, "every function"}};
  constexpr vap_status_t unheard_of = -99;
  constexpr vap_status_t usual[] = {VAP_E_FAILED, VAP_E_CANCELLED,   VAP_E_LIMIT,
                                    VAP_E_ENDED,  VAP_E_UNSUPPORTED, unheard_of};
  constexpr vap_status_t of_stores[] = {VAP_E_FAILED, VAP_E_CANCELLED, VAP_E_UNAVAILABLE,
                                        unheard_of};
  for (const Function& function : functions) {
    const bool asks_store =
        function.what == Refusing::history || function.what == Refusing::journal;
    const std::span<const vap_status_t> statuses =
        asks_store ? std::span<const vap_status_t>(of_stores) : usual;
    for (const vap_status_t status : statuses) {
      Verdict verdict = host_calls_fail(trial, function.what, function.name, status);
      if (verdict.outcome != Verdict::Outcome::passed) return verdict;
    }
  }
  return passed();
}

Verdict longer_records(const Trial& trial) {
  const Result<Rehearsal*> usual = rehearse(trial);
  if (!usual) return cannot_begin(usual.error());
  const bool speaks = !(*usual)->agent->perform(message_for(trial.subject)).heard.silent();
  TrialTerms terms = terms_of(trial.subject);
  terms.records = RecordSize::longer;
  const Result<Rehearsal*> on = rehearse(trial, terms);
  if (!on) return failed(fmt::format("with a longer vap_config_t: {}", on.error().message));
  trial.step("on_turn with a longer vap_turn_t");
  const TurnEnd turn = (*on)->agent->perform(message_for(trial.subject));
  if (const std::string why = turn.failure(); !why.empty())
    return failed(fmt::format("with a longer vap_turn_t: {}", why));
  const bool fell_silent = speaks && turn.heard.silent();
  return fell_silent ? failed("with a longer vap_turn_t it falls silent") : passed();
}

Verdict no_extensions_host(const Trial& trial) {
  TrialTerms terms = terms_of(trial.subject);
  terms.host.extensions = false;
  const bool needs_some = !trial.subject.manifest->uses.empty();
  const Result<Rehearsal*> on = rehearse(trial, terms);
  if (!on) {
    return needs_some ? passed()
                      : failed(fmt::format("its manifest asks for no extension, but: {}",
                                           on.error().message));
  }
  trial.step("on_turn, on a host without extensions");
  const TurnEnd turn = (*on)->agent->perform(message_for(trial.subject));
  if (!turn.ended) return failed(turn.failure());
  if (turn.status >= 0 || needs_some) return passed();
  return failed(fmt::format("its manifest asks for no extension, but: {}", turn.failure()));
}

Verdict leaves_process_alone(const Trial& trial) {
  const ProcessHabits before = process_habits();
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) return cannot_begin(on.error());
  for (const char* event : {"session.start", "message", "data", "session.end"}) {
    TurnText text = message_for(trial.subject);
    text.event = event;
    if (!(*on)->agent->perform(text).ended)
      return skipped("a reply was never ended (see ends-once)");
  }
  trial.step("destroy");
  (*on)->agent->destroy();
  const std::vector<std::string> changed = changes(before, process_habits());
  return changed.empty() ? passed()
                         : failed(fmt::format("it changes {}", fmt::join(changed, ", ")));
}

constexpr Rule::Needs loadable = Rule::Needs::loadable;

constexpr Rule rules[] = {
    {"cancel-before", "turn", loadable, "ends-once",
     "A turn that is cancelled before it begins ends soon.",
     "A caller may hang up while the turn waits for a worker.",
     "Stop as soon as say() returns less than 0 or cancelled() is true; end a kept reply also "
     "after a cancel.",
     cancel_before},
    {"cancel-during", "turn", loadable, "ends-once",
     "A turn that is cancelled while it runs ends soon, and the next one works.",
     "Callers interrupt; an agent that goes on thinking keeps a worker and the old version.",
     "Ask cancelled() while you wait, or offer vap.cancel/1; end a kept reply also after a cancel.",
     cancel_during},
    {"deadline", "turn", loadable, "ends-once", "A turn whose time is over ends soon.",
     "The caller has heard the fallback line; whatever comes now is for nobody.",
     "Wait no longer than time_left_ms(), and treat the deadline as any other cancel.", deadline},
    {"strings-not-kept", "turn", loadable, "ends-once",
     "No pointer of a turn or a configuration is used after the call has returned.",
     "The host uses that memory for the next caller: an agent could read what somebody else says.",
     "Copy what you need later into memory of your own (std::string, strdup).", strings_not_kept},
    {"every-host-call-fails", "turn", loadable, "ends-once",
     "Whatever a host function returns, nothing crashes and every reply ends.",
     "A host refuses when callers hang up, limits are reached or the operator says so.",
     "Look at what each host function returns; count on none of them.", every_host_call_fails},
    {"longer-records", "turn", loadable, "ends-once",
     "Records that are longer than its vap.h says work as well.",
     "A newer host fills in fields that this plugin does not know.",
     "Compare struct_size with >= only (VAP_HAS does), and never copy a record by its struct_size.",
     longer_records},
    {"no-extensions-host", "turn", loadable, "ends-once",
     "On a host without extensions it works, or says in uses what it needs.",
     "get_extension() of the host may answer null to every id.",
     "Look whether the pointer is null before each use, or name the extension in uses of the "
     "manifest.",
     no_extensions_host},
    {"leaves-process-alone", "turn", loadable, "ends-once",
     "An agent's life leaves locale, working directory, environment, umask and signal handlers as "
     "they were.",
     "They belong to the host and all of its plugins.",
     "Use functions that take a locale, absolute paths and your own configuration; handle no "
     "signals.",
     leaves_process_alone},
};

}  // namespace

std::span<const Rule> border_rules() {
  return rules;
}

}  // namespace patchbay
