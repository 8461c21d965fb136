// SPDX-License-Identifier: MIT
#include "cli/line_painter.h"

#include <fmt/format.h>

#include "codec/cells.h"

namespace patchbay {

LinePainter::LinePainter(std::string prompt, std::string_view colour)
    : prompt_(std::move(prompt)),
      coloured_prompt_(colour.empty() ? prompt_ : fmt::format("{}{}\x1b[0m", colour, prompt_)) {}

// Where the cursor stands after the text. A full row counts as left: paint() sees to that.
LinePainter::Place LinePainter::advance(Place from, std::string_view text, int columns) {
  for (std::size_t at = 0; at < text.size();) {
    const Glyph glyph = glyph_at(text, at);
    if (from.column + glyph.cells > columns) from = {from.row + 1, 0};  // two cells, one left
    from.column += glyph.cells;
    if (from.column >= columns) from = {from.row + 1, 0};
    at += glyph.bytes;
  }
  return from;
}

std::string LinePainter::paint(std::string_view text, std::size_t cursor, int columns) {
  const Place begin = advance({}, prompt_, columns);
  const Place end = advance(begin, text, columns);
  const Place target = advance(begin, text.substr(0, cursor), columns);
  const bool at_end = painted_ && columns == columns_ &&
                      cursor_ == advance(begin, text_, columns) && text.starts_with(text_);
  const std::string_view added = at_end ? text.substr(text_.size()) : "";
  // An accent belongs on the character before it, which may stand at the end of the row above.
  const bool appends =
      at_end && cursor == text.size() && (added.empty() || glyph_at(added, 0).cells > 0);
  std::string out;
  if (appends) {
    out = added;
  } else {
    if (painted_ && cursor_.row > 0) out += fmt::format("\x1b[{}A", cursor_.row);
    out.append("\r").append(coloured_prompt_).append(text);
  }
  // A terminal waits in the last column until more comes; this makes it go where we reckon it.
  if (end.column == 0 && end.row > 0 && !out.empty()) out += "\r\n";
  if (!appends) out += "\x1b[J";
  if (target != end) {
    if (end.row > target.row) out += fmt::format("\x1b[{}A", end.row - target.row);
    out += '\r';
    if (target.column > 0) out += fmt::format("\x1b[{}C", target.column);
  }
  painted_ = true;
  text_ = text;
  cursor_ = target;
  columns_ = columns;
  return out;
}

std::string LinePainter::finish(int columns) {
  std::string out;
  if (painted_) {
    const std::string text = text_;
    out = paint(text, text.size(), columns);
    if (cursor_.column > 0 || cursor_.row == 0) out += "\r\n";
  }
  forget();
  return out;
}

void LinePainter::forget() {
  painted_ = false;
  text_.clear();
  cursor_ = {};
}

}  // namespace patchbay
