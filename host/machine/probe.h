// SPDX-License-Identifier: MIT
// Tries a candidate in a child process before the host maps it: what a constructor, create() or a
// self-test can do wrong is done there. Does not judge the bytes (see examination), runs no turn,
// and leaves this process as it was. 0009
#pragma once
#include <string>
#include <vector>

#include "codec/probe_letters.h"
#include "ground/clock.h"
#include "ground/result.h"
#include "machine/candidate.h"
#include "machine/interrupt.h"

namespace patchbay {

struct ProbeTerms {
  std::vector<ProbeAgent> agents;
  Milliseconds most{30'000};               // for all of it; then the child is killed
  const Interrupt* stop = nullptr;         // raised: its end at once; null: nobody stops it
  std::string program = "/proc/self/exe";  // a patchbay: its hidden verb probe is the child
};

struct ProbeReport {
  Milliseconds constructors{0};  // how long the loader took
  bool unmaps = true;            // false: the library will stay in memory; the remark says why
  std::string remark;            // what its author could do better, for a person; may be empty
};

// The Error is for a person and names the step, in the plugin's words where it has any; its hint
// ends with what the plugin printed. Its code is one of: cannot_load, bad_table, slow_constructor,
// create_failed, selftest_failed, keeps_threads, probe_crashed, probe_hung, probe_exited,
// probe_stopped, or no_child where the system does not let us try. Blocks for as long as the trial
// takes. [any]
Result<ProbeReport> probe(const Candidate& candidate, const ProbeTerms& terms);

}  // namespace patchbay
