// SPDX-License-Identifier: MIT
// A real `patchbay` process, or another program's: started, asked where it listens, read, signalled
// and awaited. Ended with the object, so a failed test leaves nothing behind: by SIGTERM, since a
// sanitizer looks for leaks at an orderly end, and by SIGKILL where that does not help. A host that
// a sanitizer found fault with, or that did not end well, is printed then, and ctest fails the test
// that prints one: see tests/CMakeLists.txt.
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "support/temp_dir.h"

namespace patchbay::test {

class HostProcess {
 public:
  struct Setup {
    std::vector<std::string> arguments;                   // after the program
    std::map<std::string, std::string> environment = {};  // on top of ours, without our LAYERCODE_*
    std::string directory = {};                           // where it runs; empty: here
    std::string program = {};                             // a path; empty: patchbay_binary()
  };

  explicit HostProcess(const Setup& setup);
  virtual ~HostProcess();
  HostProcess(const HostProcess&) = delete;
  HostProcess& operator=(const HostProcess&) = delete;

  // The port it says it answers on; 0 where it ended without.
  virtual std::uint16_t port();
  [[nodiscard]] pid_t pid() const { return pid_; }
  // What it has written so far.
  [[nodiscard]] std::string output() const;                     // standard output
  [[nodiscard]] std::string log() const;                        // standard error
  [[nodiscard]] std::string log_after(std::size_t byte) const;  // the rest of a long one
  // Waits until the log has this text; false where it never came.
  [[nodiscard]] bool logs(const std::string& text) const;
  // The same for one line that has all of these.
  [[nodiscard]] bool logs_line(const std::vector<std::string>& texts) const;

  void signal(int number) const;
  // Waits for its end: the exit code, or 128 + the signal that killed it; -1 where it does not end.
  int wait();

 private:
  pid_t pid_ = -1;
  int ended_with_ = -1;
  const TempDir state_;  // where it keeps its conversations, unless the environment says otherwise
  std::string output_file_;
  std::string log_file_;
};

// Where the build put things.
std::string patchbay_binary();
std::string plugin_directory();   // the plugins that ship
std::string fixture_directory();  // the plugins that only tests use

// The secret that every host of the tests is given, unless a test says otherwise.
inline constexpr const char* test_secret = "whsec_test_0123456789";

// `serve` on a free port, with the plugins of that directory and the test secret.
HostProcess::Setup serving(const std::string& plugins, std::vector<std::string> further = {});

}  // namespace patchbay::test
