// SPDX-License-Identifier: MIT
// What the kernel says of a running process: its memory, threads, descriptors, and which private
// copies of plugins it has mapped.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <set>
#include <string>

namespace patchbay::test {

struct ProcessView {
  std::int64_t rss_kib = 0;
  std::size_t threads = 0;
  double ran_s = 0, waited_s = 0;  // its threads on a processor, and ready for one that was busy
  std::size_t plain_fds = 0;       // without those of private copies
  std::size_t copy_fds = 0;        // of private copies: memfds
  std::set<std::string> copies_mapped;  // their inodes
  std::set<std::string> code_mapped;    // those of them that may run

  static ProcessView of(pid_t pid);
};

}  // namespace patchbay::test
