// SPDX-License-Identifier: MIT
#include "lasting/verdict.h"

#include <algorithm>
#include <sstream>
#include <string_view>

#include "lasting/scene.h"

namespace patchbay::test {
namespace {

struct Sentence {
  bool by_caller = false;
  std::string text;
};

std::vector<std::string> split(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> all;
  for (std::string word; in >> word;) all.push_back(word);
  return all;
}

// Nothing where a line is nobody's.
std::optional<std::vector<Sentence>> sentences_of(const std::string& history) {
  constexpr std::string_view mark = " [interrupted]";
  std::vector<Sentence> lines;
  for (std::size_t at = 0, next = 0; next != std::string::npos; at = next + 3) {
    next = history.find(" | ", at);
    std::string line = history.substr(at, next == std::string::npos ? next : next - at);
    if (line.ends_with(mark)) line.resize(line.size() - mark.size());
    if (line.starts_with("caller: ")) {
      lines.push_back({true, line.substr(8)});
    } else if (line.starts_with("agent: ")) {
      lines.push_back({false, line.substr(7)});
    } else {
      return std::nullopt;
    }
  }
  return lines;
}

// All words of a history one after the other, each with its speaker; read from front to back.
class Reader {
 public:
  explicit Reader(const std::vector<Sentence>& lines) {
    for (const Sentence& line : lines)
      for (const std::string& word : split(line.text))
        words_.push_back((line.by_caller ? "caller " : "agent ") + word);
  }

  // Are these next? Then they are passed over.
  bool pass(bool by_caller, const std::string& text) {
    std::size_t at = at_;
    for (const std::string& word : split(text)) {
      if (at == words_.size() || words_[at] != (by_caller ? "caller " : "agent ") + word)
        return false;
      ++at;
    }
    at_ = at;
    return true;
  }
  [[nodiscard]] bool is_at_end() const { return at_ == words_.size(); }
  [[nodiscard]] std::string next() const { return is_at_end() ? "its end" : words_[at_]; }

 private:
  std::vector<std::string> words_;
  std::size_t at_ = 0;
};

std::string judge_answer(Reader& reader, const Expected& turn) {
  if (turn.heard)
    return reader.pass(false, *turn.heard) ? "" : turn.turn + " is not as it was heard";
  int words = 0;
  while (reader.pass(false, turn.turn + "." + std::to_string(words + 1))) ++words;
  if (turn.may_have_host_line) reader.pass(false, failure_line);
  if (words >= turn.least && words <= turn.most) return "";
  return turn.turn + " has " + std::to_string(words) + " words instead of " +
         std::to_string(turn.least) + " to " + std::to_string(turn.most);
}

}  // namespace

bool takes_turns(const std::string& history) {
  const auto lines = sentences_of(history);
  return lines &&
         std::adjacent_find(lines->begin(), lines->end(), [](const Sentence& a, const Sentence& b) {
           return a.by_caller == b.by_caller;
         }) == lines->end();
}

std::string judge_history(const std::string& history, const std::vector<Expected>& turns) {
  if (!takes_turns(history)) return "they do not take turns";
  Reader reader(*sentences_of(history));
  for (const Expected& turn : turns) {
    if (!reader.pass(true, turn.text))
      return "instead of \"" + turn.text + "\" there is " + reader.next();
    while (turn.may_stand_twice && reader.pass(true, turn.text)) continue;
    const std::string wrong = judge_answer(reader, turn);
    if (!wrong.empty()) return wrong;
  }
  if (!reader.pass(true, "history")) return "instead of the question there is " + reader.next();
  return reader.is_at_end() ? "" : "after the question there is " + reader.next();
}

}  // namespace patchbay::test
