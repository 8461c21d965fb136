// SPDX-License-Identifier: MIT
// What a person types at a prompt of the terminal. While nobody asks for a line, nothing that is
// typed is shown; it stands at the next prompt. Knows no commands.
#pragma once
#include <termios.h>

#include "cli/line_editor.h"
#include "cli/line_painter.h"
#include "cli/lines.h"

namespace patchbay {

class TypedLines : public Lines {
 public:
  // Can lines be typed and shown here at all?
  static bool possible();

  // Takes the terminal over, and gives it back as it was when it dies.
  TypedLines(CtrlC& ctrl_c, bool colour);
  ~TypedLines() override;
  TypedLines(const TypedLines&) = delete;
  TypedLines& operator=(const TypedLines&) = delete;

  // Nothing on Ctrl-D, or Ctrl-C, on an empty line; Ctrl-C on another one empties it.
  std::optional<std::string> next() override;
  [[nodiscard]] bool typed() const override { return true; }

 private:
  void take_over();
  [[nodiscard]] bool still_ours() const;
  void show();
  void finish(std::string_view mark);
  [[nodiscard]] bool wants_to_end();
  bool read_keys();

  CtrlC& ctrl_c_;
  termios before_{};
  LineEditor editor_;
  LinePainter painter_;
  std::string keys_;  // typed, and not yet looked at
  Moment asked_at_;
};

}  // namespace patchbay
