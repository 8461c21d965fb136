// SPDX-License-Identifier: MIT
// One rule of the conformance checker: a fact about a plugin that keeps its promises, and how to
// find out. Also what the rules share: a plugin that is loaded, with one agent made.
#pragma once
#include <memory>
#include <string_view>

#include "check/subject.h"
#include "check/trial_agent.h"
#include "check/verdict.h"
#include "ground/result.h"
#include "machine/child_process.h"
#include "machine/library.h"

namespace patchbay {

// What a rule is tried on. Lives in the child process, as long as it does.
struct Trial {
  const Subject& subject;
  Steps step;  // tell what is about to be done: it is named where the plugin crashes
};

struct Rule {
  enum class Needs {
    file,      // nothing: the bytes may be anything
    library,   // a whole ELF library
    manifest,  // and a manifest that can be read
    loadable,  // and that a host would load it
  };

  std::string_view name;   // eg: "destroy-joins-threads"
  std::string_view group;  // file, load, life, turn
  Needs needs;
  std::string_view after;   // the rule that must hold for this one to mean anything; may be empty
  std::string_view fact;    // one sentence, true where the plugin passes
  std::string_view reason;  // why a host cares
  std::string_view cure;    // what to do about it
  Verdict (*run)(const Trial& trial);
};

// Why the rule cannot be tried on it; nothing where it can.
Problem unfit_for(const Rule& rule, const Subject& subject);

// The plugin loaded, with one agent: what most rules begin with.
struct Rehearsal {
  std::unique_ptr<Library> library;
  std::unique_ptr<TrialAgent> agent;
};

// What the subject asks for: which agent, which configuration.
TrialTerms terms_of(const Subject& subject);
// A message in the subject's words.
TurnText message_for(const Subject& subject);

// What comes back is never destroyed: the plugin may not survive that, and rules that ask for
// something else must not fail over it. The Error says why there is none.
Result<Rehearsal*> rehearse(const Trial& trial);
Result<Rehearsal*> rehearse(const Trial& trial, const TrialTerms& terms);

// For rules that cannot begin: the rules about beginning say what is wrong.
Verdict cannot_begin(const Error& why);

}  // namespace patchbay
