// SPDX-License-Identifier: MIT
#include "cli/line_editor.h"

#include <algorithm>

#include "codec/cells.h"
#include "ground/text.h"

namespace patchbay {
namespace {

constexpr char escape = '\x1b';

constexpr char ctrl(char letter) {
  return static_cast<char>(letter & 0x1f);
}

bool is_printable(char key) {
  const auto byte = static_cast<unsigned char>(key);
  return byte >= 0x20 && byte != 0x7f;
}

// How long the escape sequence is that `keys` begins with; 0: it is not complete.
std::size_t sequence_size(std::string_view keys) {
  if (keys.size() < 2) return 0;
  if (keys[1] == 'O') return keys.size() < 3 ? 0 : 3;
  if (keys[1] != '[') return 2;
  for (std::size_t i = 2; i < keys.size(); ++i) {
    if (keys[i] >= '@' && keys[i] <= '~') return i + 1;
  }
  return 0;
}

// How many bytes at the beginning are text, not keys that mean something.
std::size_t text_size(std::string_view keys) {
  const auto end = std::find_if_not(keys.begin(), keys.end(), is_printable);
  return static_cast<std::size_t>(end - keys.begin());
}

// Does the text end with the beginning of a character? Then that many bytes wait for the rest.
std::size_t unfinished_tail(std::string_view text) {
  for (std::size_t tail = 1; tail <= std::min<std::size_t>(3, text.size()); ++tail) {
    const auto byte = static_cast<unsigned char>(text[text.size() - tail]);
    if (byte < 0x80) return 0;
    if (byte < 0xC0) continue;
    const std::size_t announced = byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    return announced > tail ? tail : 0;
  }
  return 0;
}

}  // namespace

LineEditor::Step LineEditor::feed(std::string& keys) {
  std::size_t at = 0;
  Step step = Step::wants_more;
  while (at < keys.size() && step == Step::wants_more) {
    const std::string_view rest = std::string_view(keys).substr(at);
    std::size_t eaten = 1;
    if (rest.front() == escape) {
      eaten = sequence_size(rest);
      take_sequence(rest.substr(0, eaten));
    } else if (is_printable(rest.front())) {
      const std::string_view run = rest.substr(0, text_size(rest));
      eaten = run.size() - (run.size() == rest.size() ? unfinished_tail(run) : 0);
      insert(rest.substr(0, eaten));
    } else {
      step = take_control(rest.front());
    }
    if (eaten == 0) break;
    at += eaten;
  }
  keys.erase(0, at);
  return step;
}

LineEditor::Step LineEditor::take_control(char key) {
  switch (key) {
    case '\r':
    case '\n':
      move_to(text_.size());
      return Step::line;
    case ctrl('D'):
      if (text_.empty()) return Step::end_of_input;
      erase(cursor_, glyph_after(text_, cursor_));
      break;
    case '\x7f':
    case '\b':
      erase(glyph_before(text_, cursor_), cursor_);
      break;
    case '\t':
      insert(" ");
      break;
    case ctrl('A'):
      move_to(0);
      break;
    case ctrl('E'):
      move_to(text_.size());
      break;
    case ctrl('B'):
      move_to(glyph_before(text_, cursor_));
      break;
    case ctrl('F'):
      move_to(glyph_after(text_, cursor_));
      break;
    case ctrl('K'):
      erase(cursor_, text_.size());
      break;
    case ctrl('U'):
      erase(0, cursor_);
      break;
    case ctrl('W'):
      erase(word_before(), cursor_);
      break;
    case ctrl('P'):
      if (recalled_ > 0) recall(recalled_ - 1);
      break;
    case ctrl('N'):
      if (recalled_ < past_.size()) recall(recalled_ + 1);
      break;
    default:
      break;
  }
  return Step::wants_more;
}

// What terminals send for the keys that have no letter of their own; all others mean nothing here.
void LineEditor::take_sequence(std::string_view sequence) {
  if (sequence.size() < 2) return;
  const std::string_view key = sequence.substr(1);
  const auto is = [key](auto... names) { return ((key == names) || ...); };
  if (is("[A", "OA")) (void)take_control(ctrl('P'));
  if (is("[B", "OB")) (void)take_control(ctrl('N'));
  if (is("[C", "OC")) (void)take_control(ctrl('F'));
  if (is("[D", "OD")) (void)take_control(ctrl('B'));
  if (is("[H", "OH", "[1~", "[7~")) move_to(0);
  if (is("[F", "OF", "[4~", "[8~")) move_to(text_.size());
  if (is("[3~")) erase(cursor_, glyph_after(text_, cursor_));
  if (is("b", "[1;5D", "[1;3D")) move_to(word_before());
  if (is("f", "[1;5C", "[1;3C")) move_to(word_after());
  if (is("\x7f")) erase(word_before(), cursor_);
}

void LineEditor::clear(bool keep) {
  if (keep && !text_.empty() && (past_.empty() || past_.back() != text_)) past_.push_back(text_);
  text_.clear();
  typed_.clear();
  cursor_ = 0;
  recalled_ = past_.size();
}

void LineEditor::insert(std::string_view text) {
  std::string repaired;
  append_utf8_repaired(repaired, text);
  text_.insert(cursor_, repaired);
  cursor_ += repaired.size();
}

void LineEditor::erase(std::size_t from, std::size_t to) {
  text_.erase(from, to - from);
  cursor_ = from;
}

void LineEditor::recall(std::size_t place) {
  if (recalled_ == past_.size()) typed_ = text_;
  recalled_ = place;
  text_ = place == past_.size() ? typed_ : past_[place];
  cursor_ = text_.size();
}

std::size_t LineEditor::word_before() const {
  std::size_t at = cursor_;
  while (at > 0 && text_[at - 1] == ' ') --at;
  while (at > 0 && text_[at - 1] != ' ') --at;
  return at;
}

std::size_t LineEditor::word_after() const {
  std::size_t at = cursor_;
  while (at < text_.size() && text_[at] == ' ') ++at;
  while (at < text_.size() && text_[at] != ' ') ++at;
  return at;
}

}  // namespace patchbay
