// SPDX-License-Identifier: MIT
// A model's call of a tool, and what came of it.
#pragma once
#include <string>

namespace llm {

struct Call {
  std::string id;  // the model's, or one of ours: what came of it goes by that name
  std::string name;
  std::string arguments;       // JSON, as the model wrote it: maybe broken
  std::string signature = {};  // Gemini's, which wants it back
  std::string signer = {};     // the key of the provider that signed it: no other takes it
};

struct Outcome {
  std::string id, name;  // of the call
  std::string text;      // what the tool said, or what went wrong
  bool failed = false;
};

}  // namespace llm
