// SPDX-License-Identifier: MIT
// A program of the operator's that runs once: without a shell, with an environment of its own, in a
// group of processes that ends with it.
#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace llm {

class Command {
 public:
  enum class End {
    exited,
    killed,  // by a signal that was not ours
    late,    // its time was over
    cancelled,
    missing,  // it was not started
  };
  struct Result {
    End how = End::missing;
    int code = 0;     // of exited: its exit code; of killed: the signal; of missing: errno
    std::string out;  // standard output; what is more than the limit is left out
    std::string err;  // the front of standard error
    bool cut = false;
  };

  // Blocks until it has ended, or for as long as it may take. Call it once.
  Result run(const std::vector<std::string>& words, std::string_view input,
             std::chrono::milliseconds limit, std::size_t most);

  // Ends it, or keeps it from being started. [any]
  void cancel();

 private:
  // Guards everything below: no signal goes to a number that is another's by now.
  std::mutex mutex_;
  pid_t running_ = 0;
  bool cancelled_ = false;
};

}  // namespace llm
