// SPDX-License-Identifier: MIT
// Where one model goes on with what another has begun: leaves out what it repeats, and puts a space
// where the two halves meet.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace llm {

class Joint {
 public:
  // `said`: what the caller was told so far; empty: there is nothing to join.
  explicit Joint(std::string said);

  // What of it is to be said. Holds text back while it may be a repetition.
  std::string take(std::string_view text);
  std::string finish();

 private:
  std::string release();

  std::string said_;
  std::vector<std::size_t> fronts_;  // where in it a repetition may begin: all, a sentence, a word
  std::string held_;
  bool spaced_ = false;  // it ended in a space
  bool joined_;
};

}  // namespace llm
