// SPDX-License-Identifier: MIT
#include "check/rule.h"

#include <fmt/format.h>

#include <utility>

namespace patchbay {
namespace {

// A Go runtime is no reason not to try: the child ends before anything could be unloaded.
Problem refusal_of(const Subject& subject) {
  if (subject.verdict || subject.verdict.error().code == "go_runtime") return std::nullopt;
  return subject.verdict.error();
}

}  // namespace

Problem unfit_for(const Rule& rule, const Subject& subject) {
  if (rule.needs == Rule::Needs::file) return std::nullopt;
  if (!subject.facts) return Error{"no_library", "the file is no whole library (see ident)", ""};
  if (rule.needs == Rule::Needs::library) return std::nullopt;
  if (!subject.manifest)
    return Error{"no_manifest", "there is no good manifest (see ident, manifest-schema)", ""};
  if (rule.needs == Rule::Needs::manifest) return std::nullopt;
  if (const Problem refusal = refusal_of(subject)) {
    return Error{"refused", fmt::format("no host would load it ({})", refusal->code), ""};
  }
  return std::nullopt;
}

TrialTerms terms_of(const Subject& subject) {
  TrialTerms terms;
  terms.agent_id = subject.agent_id;
  terms.config_json = subject.config_json;
  return terms;
}

TurnText message_for(const Subject& subject) {
  TurnText message;
  message.text = subject.words;
  return message;
}

Result<Rehearsal*> rehearse(const Trial& trial) {
  return rehearse(trial, terms_of(trial.subject));
}

Result<Rehearsal*> rehearse(const Trial& trial, const TrialTerms& terms) {
  trial.step("loading");
  Result<Library> library = Library::load(trial.subject.candidate);
  if (!library) return Error{"cannot_load", "it cannot be loaded (see loads)", ""};
  Rehearsal* kept = std::make_unique<Rehearsal>().release();
  kept->library = std::make_unique<Library>(*std::move(library));
  trial.step("create");
  Result<std::unique_ptr<TrialAgent>> agent = TrialAgent::create(kept->library->plugin(), terms);
  if (!agent) return std::move(agent).error();
  kept->agent = *std::move(agent);
  trial.step("on_turn");
  return kept;
}

Verdict cannot_begin(const Error& why) {
  return skipped(
      why.code == "create_failed" || why.code == "create_empty"
          ? fmt::format("no agent to try it with (see creates-an-agent): {}", why.message)
          : why.message);
}

}  // namespace patchbay
