// SPDX-License-Identifier: MIT
#include <fmt/core.h>

#include <cstdio>
#include <exception>
#include <stdexcept>

#include "floor/floor.h"

int main(int argc, char** argv) {
  using namespace patchbay::bench;
  try {
    const Settings settings = read_settings(argc, argv);
    if (settings.threads != 1) throw std::invalid_argument("the floor has one thread");
    Floor floor(settings);
    fmt::print("floor answers on http://127.0.0.1:{}\n", floor.port());
    std::fflush(stdout);
    floor.run();
  } catch (const std::exception& trouble) {
    fmt::print(stderr, "floor: {}\n", trouble.what());
    return 1;
  }
}
