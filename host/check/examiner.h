// SPDX-License-Identifier: MIT
// Tries rules on one plugin, each in a child process, and says what came of them: also where the
// child crashed, hung, or was ended by the plugin.
#pragma once
#include <map>
#include <string>

#include "check/rule.h"
#include "check/subject.h"
#include "check/verdict.h"
#include "ground/clock.h"

namespace patchbay {

struct Tried {
  const Rule* rule = nullptr;
  Verdict verdict;
  std::string output;  // the last words that the plugin printed; may be empty
  Milliseconds took{0};
};

// Needs a process with a single thread. [control]
class Examiner {
 public:
  // `here`: without children, for a debugger. A crash is a crash then, and what one rule leaves
  // behind is there for the next: try one only. `subject` outlives it.
  Examiner(const Subject& subject, Milliseconds most, bool here);

  // Tries first, in its own child, what this rule comes after. Each is tried once.
  const Tried& try_rule(const Rule& rule);

 private:
  [[nodiscard]] Problem why_not(const Rule& rule);
  [[nodiscard]] Tried in_child(const Rule& rule) const;
  [[nodiscard]] Tried in_process(const Rule& rule) const;

  const Subject& subject_;
  const Milliseconds most_;
  const bool here_;
  std::map<const Rule*, Tried> tried_;
};

}  // namespace patchbay
