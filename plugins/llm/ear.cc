// SPDX-License-Identifier: MIT
#include "ear.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "letters.h"

namespace llm {
namespace {

constexpr std::string_view front_marks = " \t#-*+>_`~=|:";
constexpr std::string_view bullet = "•";
constexpr std::size_t longest_tag = 120, longest_citation = 5;

bool is_any(std::string_view c, std::string_view of) {
  return c.size() == 1 && of.find(c) != std::string_view::npos;
}

bool starts_with(std::string_view text, std::string_view front) {
  return text.substr(0, front.size()) == front;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// "https://..." as far as it has come; `whole`: as far as its scheme.
bool may_be_address(std::string_view word, bool& whole) {
  const std::string small = lower(word);
  for (const std::string_view front : {"https://", "http://", "www."}) {
    if (starts_with(small, front)) return whole = true;
    if (starts_with(front, small)) return true;
  }
  return false;
}

// The name of the host in an address, as one would say it.
std::string_view host_in(std::string_view address) {
  if (const std::size_t scheme = address.find("://"); scheme != std::string_view::npos)
    address.remove_prefix(scheme + 3);
  if (lower(address.substr(0, 4)) == "www.") address.remove_prefix(4);
  return address.substr(0, address.find_first_of("/?#:"));
}

// Only a tag has a name right behind its "<", or "/" and a name.
bool may_be_tag(std::string_view held) {
  const std::string_view inside = held.substr(starts_with(held, "</") ? 2 : 1);
  if (inside.empty()) return true;
  if (!std::isalpha(static_cast<unsigned char>(inside.front())) && inside.front() != '!')
    return false;
  const std::string_view name = inside.substr(0, inside.find_first_of(" \t:/."));
  return name.size() <= 10 && held.size() <= longest_tag && held.find('\n') == held.npos;
}

bool is_citation(std::string_view held) {  // without its ']': "[12", "[^3", "[x"
  return held.size() <= longest_citation &&
         held.find_first_not_of("0123456789^ ,xX", 1) == std::string_view::npos;
}

}  // namespace

std::string Ear::hear(std::string_view text) {
  if (!on_) return std::string(text);
  partial_.append(text);
  std::string_view rest = partial_;
  while (!rest.empty()) {
    const std::size_t size = bytes_of(rest.front());
    if (size > rest.size()) break;
    take(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  partial_.erase(0, partial_.size() - rest.size());
  return std::exchange(out_, {});
}

std::string Ear::finish() {
  if (mode_ == Mode::address) say_address();
  if (mode_ == Mode::bracket || mode_ == Mode::tag) release_into_words();
  if (mode_ == Mode::words && held_ == "!") emit("!");
  partial_.clear();
  held_.clear();
  return std::exchange(out_, {});
}

void Ear::take(std::string_view c) {
  switch (mode_) {
    case Mode::front:
      return take_front(c);
    case Mode::words:
      return take_word(c);
    case Mode::run:
      return take_run(c);
    case Mode::bracket:
      return take_bracket(c);
    case Mode::closed:
      return take_closed(c);
    case Mode::target:
      return take_target(c);
    case Mode::tag:
      return take_tag(c);
    case Mode::address:
      return take_address(c);
    case Mode::fence_info:
    case Mode::fence:
    case Mode::fence_line:
      return take_fence(c);
  }
}

void Ear::begin(Mode mode, std::string_view held) {
  mode_ = mode;
  held_ = held;
}

// --- the front of a line

void Ear::take_front(std::string_view c) {
  if (is_any(c, front_marks) || c == bullet) {
    held_.append(c);
  } else if (c == "\n") {
    const std::string marks = std::exchange(held_, {});
    if (opens_fence(marks)) return begin(Mode::fence, {});
    if (last_ != 0) stop_sentence();  // a blank line, or one that is drawn
  } else {
    judge_front();
    take(c);
  }
}

// The marks in front of words that are about to come: which of them say what kind of line it is?
void Ear::judge_front() {
  const std::string held = std::exchange(held_, {});
  std::string_view marks = held;
  mode_ = Mode::words;
  for (;;) {
    const std::size_t spaces = std::min(marks.find_first_not_of(" \t"), marks.size());
    marks.remove_prefix(spaces);
    if (spaces > 0) space();
    if (marks.empty()) return;
    if (opens_fence(marks)) return begin(Mode::fence_info, {});
    const std::size_t mark = starts_with(marks, bullet) ? bullet.size() : 1;
    const std::size_t hashes = std::min(marks.find_first_not_of('#'), marks.size());
    const auto is_set_off = [&](std::size_t n) { return n < marks.size() && marks[n] == ' '; };
    if (hashes > 0 && is_set_off(hashes)) {
      listed_ = true;
      marks.remove_prefix(hashes);
    } else if ((is_any(marks.substr(0, 1), "-*+") || mark > 1) && is_set_off(mark)) {
      listed_ = true;
      marks.remove_prefix(mark);
    } else if (marks.front() == '|') {
      listed_ = table_ = true;
      marks.remove_prefix(1);
    } else if (marks.front() == '>') {
      marks.remove_prefix(1);
    } else {
      for (const char c : marks) take(std::string_view(&c, 1));
      return;
    }
  }
}

bool Ear::opens_fence(std::string_view marks) {
  marks.remove_prefix(std::min(marks.find_first_not_of(" \t"), marks.size()));
  if (!starts_with(marks, "```") && !starts_with(marks, "~~~")) return false;
  closing_ = marks.substr(0, 1);
  return true;
}

void Ear::take_fence(std::string_view c) {
  if (c == "\n") {
    const bool closes = mode_ == Mode::fence && held_.size() >= 3;
    begin(closes ? Mode::front : Mode::fence, {});
    if (closes && last_ != 0) stop_sentence();
  } else if (mode_ == Mode::fence && c == closing_) {
    held_.append(c);
  } else if (mode_ == Mode::fence && c != " ") {
    begin(Mode::fence_line, {});
  }
}

// --- words

void Ear::take_word(std::string_view c) {
  if (std::exchange(escaped_, false) && c != "\n") return emit(c);
  const bool exclaims = held_ == "!";  // or begins a picture
  if (exclaims) held_.clear();
  if (exclaims && c != "[") emit("!");

  const char32_t code = code_of(c);
  if (c == "\n") return end_line();
  if (c == " " || c == "\t" || c == "\r") return space();
  if (c == "\\") {
    escaped_ = true;
  } else if (is_any(c, "*_`~")) {
    begin(Mode::run, c);
  } else if (c == "[") {
    begin(Mode::bracket, c);
  } else if (c == "]") {
    if (brackets_ > 0) --brackets_, begin(Mode::closed, {});
  } else if (c == "!" && (space_ || last_ == 0)) {
    held_ = c;
  } else if (c == "<") {
    begin(Mode::tag, c);
  } else if (c == "|" && table_) {
    cell_ = true;
  } else if (is_any(c, "hHwW") && at_word_front()) {
    begin(Mode::address, c);
  } else if (is_emoji(code) || is_variation(code) || (code == joiner && emoji_)) {
    dropped_ = emoji_ = true;
  } else {
    emit(c);
  }
}

bool Ear::at_word_front() const {
  return space_ || cell_ || !is_wordy(last_);
}

void Ear::take_run(std::string_view c) {
  if (c.front() == held_.front()) {
    held_.append(c);
    return;
  }
  const std::string run = std::exchange(held_, {});
  const char32_t next = code_of(c);
  mode_ = Mode::words;
  const bool is_times =
      run == "*" && ((space_ && c == " ") || (!space_ && is_digit(last_) && is_digit(next)));
  const bool joins_words = run == "_" && !space_ && is_wordy(last_) && is_wordy(next);
  if (is_times || run == "~") {
    emit(run);
  } else if (joins_words) {
    space();
  } else {
    dropped_ = true;
  }
  take(c);
}

void Ear::release_into_words() {
  const std::string held = std::exchange(held_, {});
  const bool brackets = mode_ == Mode::bracket;
  mode_ = Mode::words;
  if (brackets) ++brackets_;
  if (!brackets) emit(held.substr(0, 1));
  std::string_view rest = std::string_view(held).substr(1);
  while (!rest.empty()) {
    const std::size_t size = std::min(bytes_of(rest.front()), rest.size());
    take(rest.substr(0, size));
    rest.remove_prefix(size);
  }
}

void Ear::take_bracket(std::string_view c) {
  if (c == "]" && held_.size() > 1 && is_citation(held_)) {
    dropped_ = true;
    return begin(Mode::words, {});
  }
  held_.append(c);
  if (!is_citation(held_)) release_into_words();
}

void Ear::take_closed(std::string_view c) {
  if (c == "(" || c == "[") {
    closing_ = c == "(" ? ")" : "]";
    depth_ = 1;
    return begin(Mode::target, {});
  }
  begin(Mode::words, {});
  take(c);
}

void Ear::take_target(std::string_view c) {
  if (c == "\n") {  // it was none
    begin(Mode::words, {});
    return take(c);
  }
  if (c == "(" && closing_ == ")") ++depth_;
  if (c == closing_ && --depth_ == 0) begin(Mode::words, {});
}

void Ear::take_tag(std::string_view c) {
  if (c == ">") {
    const std::string tag = std::exchange(held_, {});
    bool is_address = false;
    may_be_address(std::string_view(tag).substr(1), is_address);
    mode_ = Mode::words;
    if (is_address) {
      held_ = tag.substr(1);
      return say_address();
    }
    dropped_ = true;
    if (starts_with(lower(tag), "<br") || starts_with(lower(tag), "<p")) space();
    return;
  }
  held_.append(c);
  if (!may_be_tag(held_)) release_into_words();
}

void Ear::take_address(std::string_view c) {
  bool whole = false;
  const bool was_one = may_be_address(held_, whole) && whole;
  const bool ends = is_any(c, " \t\r\n)>]\"'*|<`");
  if (was_one && ends) {
    say_address();
    return take(c);
  }
  if (!was_one && (ends || !may_be_address(held_ + std::string(c), whole))) {
    const std::string word = std::exchange(held_, {});
    mode_ = Mode::words;
    for (const char letter : word) emit(std::string_view(&letter, 1));
    return take(c);
  }
  held_.append(c);
}

// "https://www.example.com/a?b." is heard as "example.com."; a word that only began like one, as it
// is.
void Ear::say_address() {
  const std::string held = std::exchange(held_, {});
  mode_ = Mode::words;
  bool whole = false;
  may_be_address(held, whole);
  std::string_view address = held, tail;
  if (whole) {
    const std::size_t end = address.find_last_not_of(".,;:!?");
    tail = address.substr(std::min(end == address.npos ? 0 : end + 1, address.size()));
    address = host_in(address.substr(0, address.size() - tail.size()));
  }
  for (const char c : address) emit(std::string_view(&c, 1));
  for (const char c : tail) emit(std::string_view(&c, 1));
}

// --- what is heard

void Ear::end_line() {
  if (listed_ && last_ != 0) stop_sentence();
  listed_ = table_ = cell_ = false;
  space();
  begin(Mode::front, {});
}

void Ear::stop_sentence() {
  space_ = cell_ = false;
  if (last_ != 0 && !is_stop(last_) && last_ != '"' && last_ != U'”') {
    out_ += '.';
    last_ = '.';
  }
  space();
}

void Ear::emit(std::string_view c) {
  const bool closes = is_any(c, ".,;:!?)");
  if (last_ != 0 && cell_) {
    out_ += is_stop(last_) ? " " : ", ";
  } else if (last_ != 0 && space_ && !(dropped_ && closes)) {
    out_ += ' ';
  }
  space_ = cell_ = dropped_ = emoji_ = false;
  out_ += c;
  last_ = code_of(c);
}

}  // namespace llm
