// SPDX-License-Identifier: MIT
#include "check/turn_rules.h"

#include <fmt/format.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "vap/vap.h"

namespace patchbay {
namespace {

// A turn that may be a failed one, but has to end.
Verdict ends_well_enough(const TurnEnd& turn) {
  if (!turn.ended) return failed(turn.failure());
  return turn.status >= 0 ? passed() : warned(turn.failure());
}

Verdict survives_a_turn(const Trial& trial) {
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) return cannot_begin(on.error());
  TurnText text = message_for(trial.subject);
  text.budget = Milliseconds{2'000};
  const auto turn = (*on)->agent->start(text);
  if ((*on)->agent->returned_within(*turn, text.budget)) return passed();
  (*on)->agent->cancel(*turn, VAP_CANCEL_DEADLINE);
  constexpr Milliseconds grace{3'000};
  if ((*on)->agent->returned_within(*turn, grace)) return passed();
  return failed("on_turn does not come back, not even at the end of the turn's time");
}

Verdict message_answered(const Trial& trial) {
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) return cannot_begin(on.error());
  const TurnEnd turn = (*on)->agent->perform(message_for(trial.subject));
  if (const std::string why = turn.failure(); !why.empty()) return failed(why);
  if (!turn.heard.silent() || turn.status == VAP_PASS) return passed();
  if (turn.status < 0)  // so it has asked somebody
    return warned("it says nothing of its own when its request fails: callers hear the fallback");
  return failed(fmt::format("it answers '{:.60}' with silence (say something else with --say)",
                            trial.subject.words));
}

Verdict known_events_are_ok(const Trial& trial) {
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) return cannot_begin(on.error());
  for (const std::string event : {"session.start", "data", "session.update", "session.end"}) {
    trial.step(fmt::format("on_turn with a {} event", event));
    TurnText text;
    text.event = event;
    const bool is_heard = event == "session.start" || event == "data";
    if (!is_heard) text.turn.clear();
    if (event == "data")
      text.json = R"({"type":"data","conversation_id":"conv_check","data":{"check":true}})";
    const TurnEnd turn = (*on)->agent->perform(text);
    if (const std::string why = turn.failure(); !why.empty())
      return failed(fmt::format("{}: {}", event, why));
  }
  return passed();
}

Verdict unknown_event_is_ok(const Trial& trial) {
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) return cannot_begin(on.error());
  for (const std::string event : {"com.example.unheard-of", "messages", "session.", "x"}) {
    trial.step(fmt::format("on_turn with the unknown event '{}'", event));
    TurnText text;
    text.event = event;
    text.turn.clear();
    const TurnEnd turn = (*on)->agent->perform(text);
    if (const std::string why = turn.failure(); !why.empty())
      return failed(fmt::format("event '{}': {}", event, why));
  }
  return passed();
}

Verdict empty_text(const Trial& trial) {
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) return cannot_begin(on.error());
  return ends_well_enough((*on)->agent->perform(TurnText{}));
}

Verdict large_text(const Trial& trial) {
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) return cannot_begin(on.error());
  constexpr std::size_t size = std::size_t{1024} * 1024;
  TurnText text;
  while (text.text.size() < size) text.text += "and so on and so forth, ";
  text.text.resize(size);
  return ends_well_enough((*on)->agent->perform(text));
}

// Texts that JSON can carry and few authors think of.
Verdict exception_contained(const Trial& trial) {
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) return cannot_begin(on.error());
  using namespace std::string_literals;
  const std::string texts[] = {"a\0b"s,
                               "\xF0\x9F\x98\x80 \xE2\x80\xAE",
                               "%s%n%d",
                               std::string(4096, '"'),
                               "\\",
                               "\n\r\t\x01",
                               "99999999999999999999999999",
                               "-1",
                               "{\"type\":\"message\"}",
                               "Call me O'Neill; drop table"};
  for (const std::string& words : texts) {
    trial.step(fmt::format("on_turn with {} odd bytes of text", words.size()));
    TurnText text;
    text.text = words;
    (*on)->agent->perform(text);
  }
  for (const char* data :
       {"null", "[]", "\"\"", "-1e308", "{\"\":{\"\":[[[]]]}}", "true", "{\"action\":null}"}) {
    trial.step(fmt::format("on_turn with the data {}", data));
    TurnText text;
    text.event = "data";
    text.json = fmt::format(R"({{"type":"data","conversation_id":"conv_check","data":{}}})", data);
    (*on)->agent->perform(text);
  }
  trial.step("on_turn with an endless conversation id");
  TurnText text = message_for(trial.subject);
  text.conversation = std::string(100'000, 'c');
  (*on)->agent->perform(text);
  return passed();
}

Verdict parallel_conversations(const Trial& trial) {
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) return cannot_begin(on.error());
  TrialAgent& agent = *(*on)->agent;
  const bool speaks = !agent.perform(message_for(trial.subject)).heard.silent();
  trial.step("on_turn for many conversations at once");
  constexpr int thread_count = 8, turns_each = 25;
  std::atomic<int> unended = 0, silent = 0;
  std::vector<std::thread> threads;
  threads.reserve(thread_count);
  for (int t = 0; t < thread_count; ++t) {
    threads.emplace_back([&, t] {
      TurnText text = message_for(trial.subject);
      for (int i = 0; i < turns_each && unended == 0; ++i) {
        // Its first words each time: what an agent remembers may be a reason to say less.
        text.conversation = fmt::format("conv_{}_{}", t, i);
        const TurnEnd turn = agent.perform(text);
        if (!turn.ended) ++unended;
        if (turn.heard.silent()) ++silent;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (unended > 0) return failed("a reply was never ended");
  if (speaks && silent > 0)
    return failed(fmt::format("{} of {} callers heard nothing", silent, thread_count * turns_each));
  return passed();
}

// --- how an answer ends

Verdict ends_once(const Trial& trial) {
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) return cannot_begin(on.error());
  TrialAgent& agent = *(*on)->agent;
  const auto running = agent.start(message_for(trial.subject));
  const auto turn = agent.finish(*running, TrialAgent::usual_patience);
  if (!turn) return failed("it kept the reply (VAP_ASYNC) and never ended it");
  std::this_thread::sleep_for(Milliseconds{100});  // for a second end() to come, if it will
  const HeardWords heard = agent.heard(*running);
  if (turn->returned != VAP_ASYNC && heard.ends > 0) {
    return failed("it ended a reply that it did not keep: on_turn returned no VAP_ASYNC");
  }
  if (heard.ends > 1) return failed(fmt::format("it ended one reply {} times", heard.ends));
  return passed();
}

Verdict silent_after_end(const Trial& trial) {
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) return cannot_begin(on.error());
  TrialAgent& agent = *(*on)->agent;
  const auto running = agent.start(message_for(trial.subject));
  if (!agent.finish(*running, TrialAgent::usual_patience))
    return skipped("the turn did not end (see ends-once)");
  std::this_thread::sleep_for(Milliseconds{100});  // for late words to come, if they will
  const int late = agent.heard(*running).words_after_end;
  return late == 0 ? passed()
                   : failed(fmt::format("it speaks {} times after the end of its reply", late));
}

constexpr Rule::Needs loadable = Rule::Needs::loadable;

constexpr Rule rules[] = {
    {"survives-a-turn", "turn", loadable, "creates-an-agent",
     "A message harms nobody: on_turn comes back, and the process lives.",
     "A crash ends every call of the host, and a thread that never comes back keeps the version "
     "mapped.",
     "See where: gdb --args patchbay check FILE.so --in-process --only survives-a-turn",
     survives_a_turn},
    {"message-answered", "turn", loadable, "ends-once",
     "A message is answered: something is said or sent, and the turn is no failure.",
     "A caller who hears nothing hangs up.",
     "Call say() in on_turn, or keep the reply and call it later; VAP_PASS says that silence is "
     "meant.",
     message_answered},
    {"known-events-are-ok", "turn", loadable, "creates-an-agent",
     "session.start, data, session.update and session.end are no failures.",
     "Every call begins and ends with them, whether the agent cares or not.",
     "Return VAP_OK for events that the agent has no use for.", known_events_are_ok},
    {"unknown-event-is-ok", "turn", loadable, "creates-an-agent",
     "An event that it does not know is answered with VAP_OK.",
     "Pipelines learn new events while plugins stay as they are.",
     "Return VAP_OK for all other events.", unknown_event_is_ok},
    {"empty-text", "turn", loadable, "ends-once", "A message without text is a turn that ends.",
     "Speech recognition hears coughs as empty messages.",
     "Do not take the first character for granted.", empty_text},
    {"large-text", "turn", loadable, "ends-once", "A message of 1 MiB is a turn that ends.",
     "What a caller's page sends is not for the plugin to choose.",
     "Use no buffers of a fixed size; say a mebibyte at most at once.", large_text},
    {"exception-contained", "turn", loadable, "ends-once", "Odd text and odd data end no process.",
     "An exception that leaves on_turn is std::terminate for the host and all of its calls.",
     "Derive from vap::agent, which catches; in other languages catch (or abort nothing) at the "
     "border.",
     exception_contained},
    {"parallel-conversations", "turn", loadable, "ends-once",
     "Turns of several conversations run at the same time.",
     "on_turn is tagged [turn]: any worker of the host calls it, many at once.",
     "Guard what conversations share with a lock; keep what they do not share apart.",
     parallel_conversations},
    {"ends-once", "turn", loadable, "survives-a-turn",
     "A kept reply is ended once; one that is not kept is not ended.",
     "A reply that nobody ends keeps the caller waiting and the old version mapped.",
     "Return VAP_ASYNC and call end() once, on every path; or return VAP_OK and never call it.",
     ends_once},
    {"silent-after-end", "turn", loadable, "ends-once", "Nothing is said after the end of a reply.",
     "It is heard by nobody, and shows that a thread does not know where it is.",
     "Say all before end(), or before on_turn returns.", silent_after_end},
};

}  // namespace

std::span<const Rule> turn_rules() {
  return rules;
}

}  // namespace patchbay
