// SPDX-License-Identifier: MIT
// The child's side of a probe: makes a candidate's agents on small hosts of their own, lets them
// test themselves, destroys them, and unmaps the library. No turn: an agent may book something.
// 0009
#pragma once
#include "codec/probe_letters.h"
#include "machine/candidate.h"
#include "machine/child_process.h"

namespace patchbay {

// Where it fails, what was made stays as it is: only for a process that ends soon, without running
// destructors. `step` hears of each thing before it is done. [control]
ProbeAnswer try_candidate(const Candidate& candidate, const ProbeOrder& order, const Steps& step);

}  // namespace patchbay
