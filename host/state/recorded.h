// SPDX-License-Identifier: MIT
// What is left of an answer when it is over: how it ended, and all that is needed to give it once
// more.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "codec/sse.h"
#include "state/transcript.h"

namespace patchbay {

// What kind of answer the event wants.
enum class ReplyKind {
  stream,  // message, session.start: server-sent events
  answer,  // data: one JSON value
  silent,  // session.end, session.update: answered already
};

// How a turn ended, as the log and the metrics say it.
enum class Outcome { answered, failed, timed_out, interrupted, caller_gone, shut_down, replaced };
inline constexpr std::size_t outcomes = 7;
std::string_view name_of(Outcome outcome);

// Enough to give it a second time, byte for byte.
struct Recorded {
  ReplyKind kind = ReplyKind::stream;
  Outcome outcome = Outcome::answered;
  bool given = false;   // the plugin got to know this turn
  bool spoken = false;  // something was said
  bool whole = true;    // false: it was too long to be kept, and the rest below is empty
  std::shared_ptr<const Transcript> said = {};  // of a stream; null where there is nothing...
  std::size_t pieces = 0;                       // ...of which so many were sent
  int status = 200;                             // of an answer
  std::string json = {};

  // What was sent of a stream, without response.end.
  [[nodiscard]] std::string events(const SseEncoder& encoder) const;
  [[nodiscard]] std::size_t bytes() const { return (said ? said->bytes() : 0) + json.size(); }
};

// One piece, as an event.
void append_piece(const SseEncoder& encoder, std::string& events, Piece::Kind kind,
                  std::string_view content);

}  // namespace patchbay
