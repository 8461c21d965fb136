// SPDX-License-Identifier: MIT
//
// three - the agent of the benchmarks: three words to every message, at once. What a turn costs
// with it is what the host costs.
#include <vap/vap.hpp>

namespace {

struct Three : vap::agent {
  void on_message(vap::turn& t) override {
    t.say("A dozen rolls, gladly. ");
    t.say("The rye bread comes out of the oven at seven. ");
    t.say("Shall I put both aside for you?");
  }
};

}  // namespace

VAP_AGENT(Three, R"({"id":"patchbay.bench.three","name":"Three","version":"1.0.0"})")
