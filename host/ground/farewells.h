// SPDX-License-Identifier: MIT
// Something is over once: whoever asked for it is told then, and whoever asks later at once.
#pragma once
#include <functional>
#include <mutex>
#include <vector>

namespace patchbay {

class Farewells {
 public:
  // Called on the thread that says it is over, or on this one where that was said before; under no
  // lock of this. [any]
  void add(std::function<void()> then);
  // It is over. To say so again does nothing. [any]
  void tell();

 private:
  std::mutex mutex_;  // guards the two below
  bool over_ = false;
  std::vector<std::function<void()>> then_;
};

}  // namespace patchbay
