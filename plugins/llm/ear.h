// SPDX-License-Identifier: MIT
// Text for the ear: leaves out what a model writes for eyes. Emphasis, headings, list marks,
// tables' lines, code blocks, the targets of links, HTML tags and emoji go; a bare address becomes
// its host's name; a line of a list or heading that ends without a stop gets one. Letters are held
// back only while they may be part of such a thing, and the text may come cut anywhere.
#pragma once
#include <string>
#include <string_view>

namespace llm {

class Ear {
 public:
  explicit Ear(bool on) : on_(on) {}

  std::string hear(std::string_view text);
  std::string finish();  // what was held back

 private:
  enum class Mode {
    front,  // of a line: marks are held until it is clear what they are
    words,
    run,         // of * _ ` or ~
    bracket,     // after '[': a citation, a box, or the text of a link
    closed,      // after ']': is there a target?
    target,      // of a link
    tag,         // after '<'
    address,     // a word that begins like one
    fence_info,  // behind ```
    fence,       // in a code block, at the front of a line
    fence_line,
  };

  void take(std::string_view c);  // one character, of one byte or more
  void take_front(std::string_view c);
  void take_word(std::string_view c);
  void take_run(std::string_view c);
  void take_bracket(std::string_view c);
  void take_closed(std::string_view c);
  void take_target(std::string_view c);
  void take_tag(std::string_view c);
  void take_address(std::string_view c);
  void take_fence(std::string_view c);

  void judge_front();
  bool opens_fence(std::string_view marks);
  void begin(Mode mode, std::string_view held);
  void release_into_words();
  void say_address();
  void end_line();
  void stop_sentence();
  void emit(std::string_view c);
  void space() { space_ = true; }
  bool at_word_front() const;

  const bool on_;
  Mode mode_ = Mode::front;
  std::string out_;
  std::string partial_;   // the front of a character
  std::string held_;      // what the mode is about
  std::string closing_;   // of a link's target, or the fence's character
  int brackets_ = 0;      // open ones, whose text is said
  int depth_ = 0;         // of parentheses in a target
  char32_t last_ = 0;     // said; 0: nothing yet
  bool space_ = false;    // one is due before what comes
  bool cell_ = false;     // a comma is, rather
  bool dropped_ = false;  // something was left out since
  bool emoji_ = false;    // it was one
  bool escaped_ = false;  // behind a backslash
  bool listed_ = false;   // this line is of a list, a heading or a table
  bool table_ = false;
};

}  // namespace llm
