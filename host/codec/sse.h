// SPDX-License-Identifier: MIT
// The events of a reply become the bytes of a Server-Sent-Events stream. Appends; keeps no tree, no
// stream, no order: what comes first and last is the reply's business.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace patchbay {

// Writes the events of one turn. Each is "data: {json}\n\n" on one line, and carries the turn's id
// where it has one. Hostile text is repaired (U+FFFD), never refused: the caller must hear
// something.
class SseEncoder {
 public:
  explicit SseEncoder(const std::optional<std::string>& turn_id);

  void append_tts(std::string& out, std::string_view text) const;
  // `json` must have passed check_json. Line breaks between its tokens are folded to spaces, those
  // of other readers (U+0085, U+2028, U+2029) inside its strings are escaped: the value stays the
  // same.
  void append_data(std::string& out, std::string_view json) const;
  void append_error(std::string& out, std::string_view message) const;
  void append_hangup(std::string& out) const;
  void append_end(std::string& out) const;

 private:
  std::string tail_;  // eg: ,"turn_id":"turn_4"}\n\n
};

}  // namespace patchbay
