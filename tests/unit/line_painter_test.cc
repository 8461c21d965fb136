// SPDX-License-Identifier: MIT
#include "cli/line_painter.h"

#include <doctest/doctest.h>

#include <array>
#include <random>

#include "codec/cells.h"

namespace patchbay {
namespace {

// As much of a terminal as the painter uses, with the wait in the last column that real ones have.
class ToyTerminal {
 public:
  explicit ToyTerminal(int columns) : columns_(columns), rows_(1) {}

  void write(std::string_view bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
      if (bytes[at] == '\x1b') {
        at += obey(bytes.substr(at));
      } else if (bytes[at] == '\r') {
        column_ = 0;
        ++at;
      } else if (bytes[at] == '\n') {
        next_row();
        ++at;
      } else {
        const Glyph glyph = glyph_at(bytes, at);
        put(bytes.substr(at, glyph.bytes), glyph.cells);
        at += glyph.bytes;
      }
    }
  }

  // All rows, with '|' for the cursor.
  [[nodiscard]] std::string screen() const {
    std::string all;
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      for (int column = 0; column <= columns_; ++column) {
        if (row == row_ && column == column_) all += '|';
        const auto place = static_cast<std::size_t>(column);
        if (place < rows_[row].size()) all += rows_[row][place];
      }
      all += '\n';
    }
    return all;
  }

 private:
  std::size_t obey(std::string_view sequence) {
    const std::size_t end = sequence.find_first_of("ACJm");
    REQUIRE(end != std::string_view::npos);
    const int count = end > 2 ? std::stoi(std::string(sequence.substr(2, end - 2))) : 1;
    if (sequence[end] == 'A') row_ -= std::min(row_, static_cast<std::size_t>(count));
    if (sequence[end] == 'C') column_ = std::min(column_ + count, columns_ - 1);
    if (sequence[end] == 'J') {
      rows_.resize(row_ + 1);
      rows_[row_].resize(std::min(rows_[row_].size(), static_cast<std::size_t>(column_)));
    }
    return end + 1;
  }

  void next_row() {
    if (++row_ == rows_.size()) rows_.emplace_back();
  }

  void put(std::string_view glyph, int cells) {
    if (column_ + cells > columns_) {
      next_row();
      column_ = 0;
    }
    auto& row = rows_[row_];
    if (cells == 0) {
      REQUIRE(column_ > 0);
      row[static_cast<std::size_t>(column_ - 1)] += glyph;
      return;
    }
    row.resize(std::max(row.size(), static_cast<std::size_t>(column_ + cells)));
    row[static_cast<std::size_t>(column_)] = glyph;
    for (int i = 1; i < cells; ++i) row[static_cast<std::size_t>(column_ + i)].clear();
    column_ += cells;
  }

  int columns_;
  std::vector<std::vector<std::string>> rows_;  // of cells
  std::size_t row_ = 0;
  int column_ = 0;
};

TEST_SUITE("line_painter") {
  TEST_CASE("a prompt and its text stand there, the cursor in its place") {
    ToyTerminal terminal(20);
    LinePainter painter("you> ", "\x1b[32m");
    terminal.write(painter.paint("", 0, 20));
    CHECK(terminal.screen() == "you> |\n");
    terminal.write(painter.paint("two", 3, 20));
    CHECK(terminal.screen() == "you> two|\n");
    terminal.write(painter.paint("two", 1, 20));
    CHECK(terminal.screen() == "you> t|wo\n");
    terminal.write(painter.paint("t", 1, 20));
    CHECK(terminal.screen() == "you> t|\n");
  }

  TEST_CASE("typing sends only what was typed") {
    LinePainter painter("you> ", "");
    painter.paint("tw", 2, 20);
    CHECK(painter.paint("two", 3, 20) == "o");
    CHECK(painter.paint("two", 3, 20).empty());
  }

  TEST_CASE("a line goes on in the next row, also where it fills one exactly") {
    ToyTerminal terminal(8);
    LinePainter painter("you> ", "");
    terminal.write(painter.paint("abc", 3, 8));
    CHECK(terminal.screen() == "you> abc\n|\n");
    terminal.write(painter.paint("abcd", 4, 8));
    CHECK(terminal.screen() == "you> abc\nd|\n");
    terminal.write(painter.paint("abc", 3, 8));
    CHECK(terminal.screen() == "you> abc\n|\n");
    terminal.write(painter.paint("a", 1, 8));
    CHECK(terminal.screen() == "you> a|\n");
  }

  TEST_CASE("what follows a finished line stands below it") {
    for (const std::string text : {"", "ab", "abc", "abcdefghijk"}) {
      CAPTURE(text);
      ToyTerminal terminal(8);
      LinePainter painter("you> ", "");
      terminal.write(painter.paint(text, 0, 8));
      terminal.write(painter.finish(8));
      terminal.write("X");
      const std::string screen = terminal.screen();
      CHECK(screen.ends_with("\nX|\n"));
      CHECK(screen.find("\n\nX") == std::string::npos);
    }
  }

  TEST_CASE("whatever is edited, the screen shows what a fresh one would") {
    constexpr std::array<std::string_view, 5> glyphs{"a", "b", "\u65e5", "e\u0301", "\U0001F600"};
    std::minstd_rand random(7);
    for (int columns = 7; columns < 12; ++columns) {
      CAPTURE(columns);
      ToyTerminal terminal(columns);
      LinePainter painter("you> ", "");
      std::string text;
      for (int step = 0; step < 400; ++step) {
        std::size_t cursor = 0;
        if (random() % 3 == 0 && !text.empty()) {
          text.resize(glyph_before(text, text.size()));
        } else {
          text += glyphs[random() % glyphs.size()];
        }
        const auto moves = random() % 4;
        for (cursor = text.size(); moves == 0 && cursor > 0 && random() % 4 != 0;) {
          cursor = glyph_before(text, cursor);
        }
        terminal.write(painter.paint(text, cursor, columns));
        ToyTerminal fresh(columns);
        fresh.write(LinePainter("you> ", "").paint(text, cursor, columns));
        CAPTURE(text);
        REQUIRE(terminal.screen() == fresh.screen());
      }
    }
  }
}

}  // namespace
}  // namespace patchbay
