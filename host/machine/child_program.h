// SPDX-License-Identifier: MIT
// Runs a verb of this program in a process of its own, so that its crash, its hang or its exit() is
// only an answer: for a process with many threads, where child_process's fork() would copy locks
// that nobody is left to open. Both sides are here: the host that waits, the child that works.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "ground/clock.h"
#include "ground/result.h"
#include "machine/child_process.h"
#include "machine/descriptor.h"
#include "machine/interrupt.h"

namespace patchbay {

struct ChildProgram {
  std::string program = "/proc/self/exe";  // also where a newer file lies in its place by now
  std::string verb;                        // its only argument
  std::string letter;                      // what it is to do: never seen on a command line
  int file = -1;                           // and a descriptor that goes with it
  Milliseconds most{0};                    // then it is killed, and all that it started
  const Interrupt* stop = nullptr;         // raised: the same at once; null: nobody stops it
};

// Starts it, and waits for its end. The child has the host's environment, directory and limits, but
// no signal of it is blocked and no other descriptor open; it ends when the host does, however that
// comes. The Error says why there could be none. [any]
Result<ChildEnd> run_program(const ChildProgram& what);

// --- in the child

struct ChildWork {
  std::string letter;
  Descriptor file;
};

// Makes this process the child that run_program() waits for, hands `work` what it sent, and ends
// with the answer: it comes back only where nobody waits, with an Error. No destructor runs at the
// end. [control]
Problem work_as_child(const std::function<std::string(ChildWork, const Steps&)>& work);

}  // namespace patchbay
