// SPDX-License-Identifier: MIT
#include "cli/probe.h"

#include <string>
#include <utility>

#include "check/probing.h"
#include "cli/syntax.h"
#include "cli/verb.h"
#include "codec/probe_letters.h"
#include "machine/candidate.h"
#include "machine/child_program.h"

namespace patchbay {
namespace {

ProbeAnswer refusal(Error why) {
  ProbeAnswer answer;
  answer.wrong = std::move(why);
  return answer;
}

ProbeAnswer answer_to(ChildWork work, const Steps& step) {
  const Result<ProbeOrder> order = decode_order(work.letter);
  if (!order) return refusal(order.error());
  const Result<Candidate> candidate = Candidate::adopt(std::move(work.file), order->file);
  if (!candidate) return refusal(candidate.error());
  return try_candidate(*candidate, *order, step);
}

int probe() {
  const Problem alone = work_as_child([](ChildWork work, const Steps& step) {
    return encode_answer(answer_to(std::move(work), step));
  });
  fail({alone->code, "probe is what a host starts when it tries a plugin; " + alone->message,
        "to try one yourself: patchbay check FILE.so"});
  return exit_usage;
}

}  // namespace

void add_probe(CLI::App& app, int& exit) {
  Syntax verb(app, "probe", "Try a plugin on behalf of a host");
  verb.hidden();  // not in --help
  verb.runs([&exit] { exit = probe(); });
}

}  // namespace patchbay
