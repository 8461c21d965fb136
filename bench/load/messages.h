// SPDX-License-Identifier: MIT
// The requests that the load generator sends: messages of conversations that follow each other,
// each a turn with an id of its own, signed.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "options.h"
#include "signer.h"

namespace patchbay::bench {

class Messages {
 public:
  explicit Messages(const Options& options);

  // Writes the bytes of the next turn's request, and its id. `caller` is the connection's number,
  // `turn` counts that connection's turns from 0.
  void next(std::string& request, std::string& turn_id, std::size_t caller, std::uint64_t turn);

 private:
  const Options& options_;
  Signer signer_;
  std::string text_;  // as JSON, with its quotes
  std::string head_;  // what stands before the signature in every request
  std::string body_;
  std::uint64_t count_ = 0;
};

// Appends the text as a JSON string, with its quotes. The text must be UTF-8.
void append_json(std::string& out, std::string_view text);

}  // namespace patchbay::bench
