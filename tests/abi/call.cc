// SPDX-License-Identifier: MIT
//
// abi_call FILE.so TEXT [EXPECTED] - lets one plugin answer one message, prints what it said, and
// fails if that is not what was expected.
#include <cstdio>
#include <exception>

#include "harness.h"

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) return std::fputs("abi_call FILE.so TEXT [EXPECTED]\n", stderr), 2;
  try {
    abi::ToyHost host;
    const abi::LoadedPlugin plugin(argv[1]);
    abi::MadeAgent agent(host, *plugin);
    if (agent.status() != VAP_OK) throw std::runtime_error("create failed: " + agent.why());
    const abi::Answer answer = agent.hears(argv[2]);
    if (!answer.ended || answer.status != VAP_OK)
      throw std::runtime_error("the turn failed: " + answer.why);
    std::puts(answer.said.c_str());
    return argc == 4 && answer.said != argv[3];
  } catch (const std::exception& e) {
    return std::fprintf(stderr, "%s\n", e.what()), 1;
  }
}
