// SPDX-License-Identifier: MIT
// What `dev` tells an author, line by line, beside the log of the host that runs in it.
#pragma once
#include <mutex>
#include <string_view>

#include "ground/log.h"
#include "ground/result.h"

namespace patchbay {

class DevScreen {
 public:
  enum class Tone { plain, quiet, good, bad };

  // The log outlives it.
  DevScreen(bool colour, Log& log) : colour_(colour), log_(log) {}

  [[nodiscard]] bool colour() const { return colour_; }
  // After what the log has written so far. Of several lines, the further ones are indented. [any]
  void line(Tone tone, std::string_view text);
  // What went wrong, and its remedy. [any]
  void refusal(std::string_view what, const Error& why);
  // What another program has printed, as it is. [any]
  void output(std::string_view text);

 private:
  const bool colour_;
  Log& log_;
  std::mutex mutex_;  // guards standard output
};

}  // namespace patchbay
