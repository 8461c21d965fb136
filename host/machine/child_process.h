// SPDX-License-Identifier: MIT
// Runs one function in a child process, so that its crash, its hang or its exit() is only an
// answer. Knows nothing of what the function does. Only for a process with a single thread: fork()
// takes no other along, and whatever lock that one held would stay locked.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "ground/clock.h"
#include "ground/result.h"

namespace patchbay {

// What the function says about where it is, eg: "destroy". The last one is known when it crashed.
using Steps = std::function<void(std::string_view step)>;

struct ChildEnd {
  enum class How { answered, killed, exited, hung, stopped } how = How::hung;
  int number = 0;      // the signal, or the exit code
  std::string answer;  // what the function returned, where it did
  std::string step;    // the last it named; may be empty
  std::string output;  // the end of what was written to standard output and error
  Milliseconds took{0};

  // "killed by SIGSEGV in destroy", "called exit(3)": for a person. Empty where it answered.
  [[nodiscard]] std::string text() const;
};

// Runs `work` in a child for at most that long; it and its own children are then killed. The child
// ends without running destructors. The Error says why there could be none. [control]
Result<ChildEnd> run_in_child(const std::function<std::string(const Steps&)>& work,
                              Milliseconds most);

}  // namespace patchbay
