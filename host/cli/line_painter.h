// SPDX-License-Identifier: MIT
// What to send to a terminal so that a prompt and the line behind it stand there as they are,
// however many rows they take. Returns bytes, writes none.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace patchbay {

class LinePainter {
 public:
  // `prompt` is printable text, drawn in that colour (an SGR sequence, or empty).
  LinePainter(std::string prompt, std::string_view colour);

  // The terminal's cursor stands at the left edge, or where the last paint() left it. `cursor` is a
  // place in `text`, in bytes; `columns` is the width. Text that was only added to is not drawn
  // anew, so that typing does not flicker.
  std::string paint(std::string_view text, std::size_t cursor, int columns);
  // The line is done: the next paint() begins below it.
  std::string finish(int columns);
  // Something else was written: the next paint() begins where the cursor stands, at the left edge.
  void forget();

 private:
  struct Place {
    int row = 0;
    int column = 0;
    friend bool operator==(const Place&, const Place&) = default;
  };

  [[nodiscard]] static Place advance(Place from, std::string_view text, int columns);

  std::string prompt_;
  std::string coloured_prompt_;
  bool painted_ = false;
  std::string text_;  // as it stands on the terminal
  Place cursor_;      // below and right of the prompt's beginning
  int columns_ = 0;
};

}  // namespace patchbay
