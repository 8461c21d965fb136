// SPDX-License-Identifier: MIT
#include "cli/line_editor.h"

#include <doctest/doctest.h>

namespace patchbay {
namespace {

// What stands there when these keys were typed, byte by byte, with '|' for the cursor.
std::string typed(std::string_view keys) {
  LineEditor editor;
  std::string pending;
  for (const char key : keys) {
    pending += key;
    if (editor.feed(pending) == LineEditor::Step::line) editor.clear(true);
  }
  std::string shown = editor.text();
  return shown.insert(editor.cursor(), "|");
}

TEST_SUITE("line_editor") {
  TEST_CASE("text is typed, in any language") {
    CHECK(typed("two rolls") == "two rolls|");
    CHECK(typed("caf\u00e9 \u65e5 \U0001F600") == "caf\u00e9 \u65e5 \U0001F600|");
    CHECK(typed("a\tb") == "a b|");
  }

  TEST_CASE("the cursor moves by characters, words and to the ends") {
    CHECK(typed("ab\x1b[D\x1b[Dx") == "x|ab");
    CHECK(typed("\u65e5\u672c\x1b[Dx") == "\u65e5x|\u672c");
    CHECK(typed("one two\x1b[1;5Dx") == "one x|two");
    CHECK(typed("one two\x01x\x05y") ==
          "x"
          "one two"
          "y|");
    CHECK(typed("ab\x1b[Hx\x1b[Fy") ==
          "x"
          "ab"
          "y|");
    CHECK(typed("ab\x1b[D\x1b[D\x1b[D\x1b[C\x1b[C\x1b[Cx") == "abx|");
    CHECK(typed("one two\x01\x1b"
                "fx") == "onex| two");
  }

  TEST_CASE("deleting takes whole characters, words and rests") {
    CHECK(typed("\u65e5\u672c\x7f") == "\u65e5|");
    CHECK(typed("e\u0301\x7f") == "|");
    CHECK(typed("\x7f") == "|");
    CHECK(typed("one two\x17") == "one |");
    CHECK(typed("one two\x15") == "|");
    CHECK(typed("one two\x1b[D\x0b") == "one tw|");
    CHECK(typed("ab\x01\x04") == "|b");
    CHECK(typed("ab\x01\x1b[3~") == "|b");
  }

  TEST_CASE("earlier lines are recalled, and the one being typed is not lost") {
    CHECK(typed("one\ntwo\n\x1b[A") == "two|");
    CHECK(typed("one\ntwo\n\x1b[A\x1b[A\x1b[A") == "one|");
    CHECK(typed("one\ntwo\nthr\x1b[A\x1b[A\x1b[B\x1b[B") == "thr|");
    CHECK(typed("one\none\n\n\x1b[A\x1b[A") == "one|");
  }

  TEST_CASE("keys that mean nothing leave no traces") {
    CHECK(typed("a\x1b[15~\x1b[1;2P\x1bOP\x1bx\x07\x1b[200~b\x1b[201~") == "ab|");
  }

  TEST_CASE("bytes that are no UTF-8 become U+FFFD") {
    CHECK(typed("a\xFF"
                "b") ==
          "a\uFFFD"
          "b|");
    CHECK(typed("a\xE2\x82\nx") == "x|");
  }

  TEST_CASE("a paste of several lines gives them one by one") {
    LineEditor editor;
    std::string keys = "one\ntwo\nthr";
    CHECK(editor.feed(keys) == LineEditor::Step::line);
    CHECK(editor.text() == "one");
    CHECK(keys == "two\nthr");
    editor.clear(true);
    CHECK(editor.feed(keys) == LineEditor::Step::line);
    CHECK(editor.text() == "two");
    editor.clear(true);
    CHECK(editor.feed(keys) == LineEditor::Step::wants_more);
    CHECK(editor.text() == "thr");
    CHECK(keys.empty());
  }

  TEST_CASE("Ctrl-D ends the input on an empty line only") {
    LineEditor editor;
    std::string keys = "\x04";
    CHECK(editor.feed(keys) == LineEditor::Step::end_of_input);
    keys = "a\x04";
    CHECK(editor.feed(keys) == LineEditor::Step::wants_more);
    CHECK(editor.text() == "a");
  }

  TEST_CASE("a long line is not cut") {
    LineEditor editor;
    std::string keys(100'000, 'x');
    CHECK(editor.feed(keys) == LineEditor::Step::wants_more);
    CHECK(editor.text().size() == 100'000);
  }
}

}  // namespace
}  // namespace patchbay
