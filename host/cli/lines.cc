// SPDX-License-Identifier: MIT
#include "cli/lines.h"

#include <poll.h>
#include <unistd.h>

#include <array>

namespace patchbay {

std::optional<std::string> GivenLines::next() {
  if (said_ == lines_.size()) return std::nullopt;
  return lines_[said_++];
}

std::optional<std::string> PipedLines::next() {
  for (;;) {
    if (const std::size_t end = read_.find('\n'); end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      if (line.ends_with('\r')) line.pop_back();
      return line;
    }
    if (at_end_) {
      if (read_.empty()) return std::nullopt;
      return std::exchange(read_, {});
    }
    const Moment no_deadline = Clock::now() + std::chrono::hours{24};
    const Woken woken = wait_for(STDIN_FILENO, POLLIN, no_deadline, ctrl_c_.interrupt());
    if (woken == Woken::interrupted) return std::nullopt;
    if (woken == Woken::timed_out) continue;
    std::array<char, 4096> buffer;
    const ssize_t size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size > 0) read_.append(buffer.data(), static_cast<std::size_t>(size));
    at_end_ = size <= 0;
  }
}

}  // namespace patchbay
