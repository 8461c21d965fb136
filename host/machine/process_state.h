// SPDX-License-Identifier: MIT
// What can be seen of this process from inside, to be compared: did somebody else's code leave it
// as it was? Judges nothing.
#pragma once
#include <csignal>
#include <cstddef>
#include <string>
#include <vector>

#include "ground/clock.h"

namespace patchbay {

std::string signal_name(int signal);  // eg: "SIGSEGV"

// What belongs to the whole process, and what no plugin may change.
struct ProcessHabits {
  std::vector<std::string> signals;  // for each signal: who handles it, and how
  std::string locale;
  std::string directory;
  std::string umask;
  std::vector<std::string> environment;
};

ProcessHabits process_habits();

// "the working directory", "the handler of SIGINT": empty where all is as it was.
std::vector<std::string> changes(const ProcessHabits& before, const ProcessHabits& after);

// What grows where somebody forgets to give back.
struct ProcessHoldings {
  std::size_t threads = 0;
  std::size_t descriptors = 0;
  std::size_t resident = 0;  // bytes
  std::size_t heap = 0;      // bytes handed out by malloc; 0 where it cannot tell (sanitizers)
};

ProcessHoldings process_holdings();

// Waits until there are no more threads than that; false where that takes longer. A thread that was
// joined may stay in the kernel's list for a moment.
bool threads_fall_to(std::size_t wanted, Milliseconds most);

}  // namespace patchbay
