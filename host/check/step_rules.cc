// SPDX-License-Identifier: MIT
#include "check/step_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "vap/vap.h"

namespace patchbay {
namespace {

constexpr std::string_view no_step =
    "it begins no step of the journal when it hears that (say something else with --say)";

Verdict settles_its_steps(const Trial& trial) {
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) return cannot_begin(on.error());
  const HeardWords heard = (*on)->agent->perform(message_for(trial.subject)).heard;
  if (heard.begun.empty()) return skipped(std::string(no_step));
  for (const std::string& step : heard.begun) {
    if (std::find(heard.settled.begin(), heard.settled.end(), step) == heard.settled.end()) {
      return failed(fmt::format(
          "it begins the step '{:.60}', and its turn ends without finish() or drop()", step));
    }
  }
  return passed();
}

// The same message again, as a network brings it: whatever it does only now, it does twice.
Verdict repeats_no_step(const Trial& trial) {
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) return cannot_begin(on.error());
  TrialAgent& agent = *(*on)->agent;
  const TurnText message = message_for(trial.subject);
  if (agent.perform(message).heard.begun.empty()) return skipped(std::string(no_step));
  trial.step("on_turn with a message that is delivered twice");
  const HeardWords again = agent.perform(message).heard;
  if (again.begun.empty()) return passed();
  return failed(fmt::format("the message is delivered twice, and it runs the step '{:.60}' again",
                            again.begun.front()));
}

constexpr Rule::Needs loadable = Rule::Needs::loadable;

constexpr Rule rules[] = {
    {"settles-its-steps", "turn", loadable, "ends-once",
     "A step that it begins is finished or dropped before the turn ends.",
     "What nobody settles is in doubt: the next turn must neither run it nor leave it out.",
     "Call finish() or drop() on every path, or use turn.once(), which does.", settles_its_steps},
    {"repeats-no-step", "turn", loadable, "settles-its-steps",
     "A message that is delivered twice runs no step twice.",
     "Networks repeat what they have delivered, and callers pay for what they ordered once.",
     "Name a step by what it is about, not by a time, a random number or a count of calls.",
     repeats_no_step},
};

}  // namespace

std::span<const Rule> step_rules() {
  return rules;
}

}  // namespace patchbay
