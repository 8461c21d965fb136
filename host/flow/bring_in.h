// SPDX-License-Identifier: MIT
// From a plugin file to a version that could serve this moment: examine, probe, load beside the old
// one, create its agents, test them, hand over. Changes nothing for any caller: what comes out of
// it serves only when flow/reload swaps it in.
#pragma once
#include <memory>
#include <vector>

#include "codec/examination.h"
#include "flow/lineup.h"
#include "ground/log.h"
#include "machine/candidate.h"
#include "machine/interrupt.h"
#include "state/generation.h"
#include "work/host_api.h"

namespace patchbay {

// A candidate that may be loaded here: its bytes were judged, and a child process survived it.
struct Approved {
  Candidate candidate;
  Manifest manifest;
  std::vector<AgentConfig> agents;  // with the ids that its manifest knows
  std::vector<Error> remarks;       // it may serve, but: eg. it can never be unmapped
};

struct ApprovalTerms {
  bool allow_pinned = false;
  bool probe = true;
  Milliseconds probe_timeout{30'000};
  const Interrupt* stop = nullptr;  // see ProbeTerms
};

// Maps nothing into this process. Blocks for as long as the probe takes. The Error names the file
// and says why it is refused. [any]
Result<Approved> approve(const Candidate& candidate, const Part& part, const ApprovalTerms& terms);

// A generation with all its agents, ready for their first turn.
struct Ready {
  std::unique_ptr<Generation> generation;
  std::vector<Agent*> agents;
};

// Runs the plugin's code in this process. The `old` agents serve on meanwhile; those of the same
// name hand over to their successors. `api` outlives the generation. After an Error there may be a
// generation all the same, with tasks that it posted: the caller lets it go when they are done.
// [control]
[[nodiscard]] Problem load_beside(const Approved& approved, const std::vector<Agent*>& old,
                                  HostApi& api, Ready& made);

// What this host offers to plugins, for examine().
HostAbilities abilities_of_this_host(bool allow_pinned);

}  // namespace patchbay
