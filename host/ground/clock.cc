// SPDX-License-Identifier: MIT
#include "ground/clock.h"

namespace patchbay {

UnixSeconds unix_now() {
  return std::chrono::floor<Seconds>(std::chrono::system_clock::now());
}

WallTime wall_now() {
  return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
}

}  // namespace patchbay
