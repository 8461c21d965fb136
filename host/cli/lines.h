// SPDX-License-Identifier: MIT
// What the caller says, line by line, whether a script or a program says it.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/ctrl_c.h"

namespace patchbay {

class Lines {
 public:
  virtual ~Lines() = default;
  // Waits for the next; nothing where the caller has no more to say, or wants to end. [control]
  virtual std::optional<std::string> next() = 0;
  // Does a person answer what was heard? Else a turn that is interrupted ends the call.
  [[nodiscard]] virtual bool typed() const { return false; }
};

class GivenLines : public Lines {
 public:
  explicit GivenLines(std::vector<std::string> lines) : lines_(std::move(lines)) {}
  std::optional<std::string> next() override;

 private:
  std::vector<std::string> lines_;
  std::size_t said_ = 0;
};

// From standard input, where that is a pipe or a file. A last line needs no line break.
class PipedLines : public Lines {
 public:
  explicit PipedLines(CtrlC& ctrl_c) : ctrl_c_(ctrl_c) {}
  std::optional<std::string> next() override;

 private:
  CtrlC& ctrl_c_;
  std::string read_;  // and not yet said
  bool at_end_ = false;
};

}  // namespace patchbay
