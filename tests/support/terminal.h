// SPDX-License-Identifier: MIT
// A `patchbay` in a terminal of its own: typed to, and read as a person would.
#pragma once
#include <sys/types.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::test {

inline constexpr std::string_view ctrl_c = "\x03";
inline constexpr std::string_view ctrl_d = "\x04";

class Terminal {
 public:
  // `arguments` come after `patchbay`; `environment` on top of ours, without colours.
  Terminal(std::vector<std::string> arguments,
           const std::map<std::string, std::string>& environment);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(std::string_view keys) const;
  // Waits until this stands behind what was last waited for; false where it never does.
  bool shows(std::string_view text);
  // All of it, as it was written to the terminal.
  [[nodiscard]] const std::string& screen() const { return screen_; }
  // Does the terminal show what is typed, line by line, as a shell left it?
  [[nodiscard]] bool is_as_before() const;
  void signal(int number) const;
  // Waits for its end: the exit code, or 128 + the signal that killed it; -1 where it does not end.
  int wait();

 private:
  void read_some();

  int fd_ = -1;
  pid_t pid_ = -1;
  std::string screen_;
  std::size_t seen_ = 0;  // how much of it shows() has passed
};

}  // namespace patchbay::test
