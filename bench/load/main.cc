// SPDX-License-Identifier: MIT
#include <fmt/core.h>

#include <cstdio>
#include <exception>
#include <span>

#include "load.h"

int main(int argc, char** argv) {
  using namespace patchbay::bench;
  try {
    const Options options =
        read_options(std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
    if (options.help) {
      std::fputs(usage(), stdout);
      return 0;
    }
    const Tally tally = Load(options).run();
    fmt::print("{}\n", to_json(tally));
    return tally.wrong() == 0 && tally.all_turns > 0 ? 0 : 1;
  } catch (const std::exception& trouble) {
    fmt::print(stderr, "bench_load: {}\n", trouble.what());
    return 2;
  }
}
