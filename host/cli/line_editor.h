// SPDX-License-Identifier: MIT
// The keys of one who types become lines of text: moving, deleting and recalling as in a shell.
// Bytes in, lines out; draws nothing and reads nothing. Tiny, because readline's licence is not
// ours, and the terminal's own line mode loses what is typed beyond 4095 bytes.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay {

class LineEditor {
 public:
  enum class Step { wants_more, line, end_of_input };

  // Eats keys up to the end of a line: `line`, whose text() holds until clear(); or Ctrl-D on an
  // empty line. The beginning of a key that is not complete stays in `keys`.
  Step feed(std::string& keys);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::size_t cursor() const { return cursor_; }  // in bytes
  // Begins a line; what stood there can be recalled with the arrow up, where `keep`.
  void clear(bool keep);

 private:
  [[nodiscard]] Step take_control(char key);
  void take_sequence(std::string_view sequence);
  void insert(std::string_view text);
  void erase(std::size_t from, std::size_t to);
  void move_to(std::size_t place) { cursor_ = place; }
  void recall(std::size_t place);
  [[nodiscard]] std::size_t word_before() const;
  [[nodiscard]] std::size_t word_after() const;

  std::string text_;
  std::size_t cursor_ = 0;
  std::vector<std::string> past_;  // oldest first
  std::size_t recalled_ = 0;       // past_.size(): the line that is being typed
  std::string typed_;              // that line, while an older one is shown
};

}  // namespace patchbay
