// SPDX-License-Identifier: MIT
//
// sleeper - an agent of the benchmarks: sleeps two seconds in the thread that the host lends it,
// and then says so, as an agent does that waits for a database in the plainest way.
#include <chrono>
#include <thread>
#include <vap/vap.hpp>

namespace {

struct Sleeper : vap::agent {
  void on_message(vap::turn& t) override {
    std::this_thread::sleep_for(std::chrono::seconds(2));
    t.say("I slept.");
  }
};

}  // namespace

VAP_AGENT(Sleeper, R"({"id":"patchbay.bench.sleeper","name":"Sleeper","version":"1.0.0"})")
