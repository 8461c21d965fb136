// SPDX-License-Identifier: MIT
//
// Why a host keeps a Go library out of its own process. The facts are Go's, not ours: where one of
// these fails, Go has changed, and a host may think again.
#include <doctest/doctest.h>

#include <csignal>
#include <cstdint>
#include <map>

#include "harness.h"

namespace {

using Handlers = std::map<int, std::uintptr_t>;

Handlers handlers() {
  Handlers all{};
  for (int signal = 1; signal < 32; ++signal) {
    struct sigaction action {};
    sigaction(signal, nullptr, &action);
    all[signal] = reinterpret_cast<std::uintptr_t>(action.sa_handler);
  }
  return all;
}

TEST_SUITE("go") {
  TEST_CASE("a Go agent answers, but takes over signals and stays mapped for ever") {
    const Handlers before = handlers();
    {
      abi::ToyHost host;
      const abi::LoadedPlugin plugin(GO_SO);
      abi::MadeAgent agent(host, *plugin);
      CHECK(agent.hears("two coffees").said == "go: two coffees");
    }
    const Handlers after = handlers();
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGPIPE, SIGURG})
      CHECK_MESSAGE(before.at(signal) != after.at(signal), "signal ", signal);
    CHECK(abi::is_mapped(GO_SO));
  }
}

}  // namespace
