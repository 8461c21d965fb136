// SPDX-License-Identifier: MIT
// How a model of each kind is asked, and how its answer is read while it streams. Text in, text
// out: who sends it, and when it is too late, is the business of others.
#pragma once
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "call.h"
#include "settings.h"
#include "talk.h"

namespace llm {

struct Question {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // JSON
};

Question ask(const Provider& provider, const Talk& talk);

// What one event of the answer has brought. All may be empty: an event that names the role, says
// that the model is still there, or counts tokens.
struct Piece {
  std::string text;
  bool calls = false;     // it writes a call of a tool
  bool finished = false;  // the model has nothing more to say
  std::string error;      // it broke; what it had said before still counts
};

class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual Piece read(std::string_view data) = 0;
  bool has_called() const { return !calls_.empty(); }
  // Its answer for Message::original. Ask before its calls are taken.
  virtual std::string original() { return {}; }
  // Do its calls go by ids, so that it would not know them by another?
  virtual bool needs_ids() const { return true; }
  // What it has called, in its order. Whole once it has finished.
  std::vector<Call> take_calls();

 protected:
  // The call of that number in the answer, a new one where there is none.
  Call& call(std::size_t number) { return calls_[number]; }
  std::size_t count_of_calls() const { return calls_.size(); }

 private:
  std::map<std::size_t, Call> calls_;
};

std::unique_ptr<Decoder> make_decoder(Kind kind);

}  // namespace llm
