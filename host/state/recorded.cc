// SPDX-License-Identifier: MIT
#include "state/recorded.h"

namespace patchbay {

void append_piece(const SseEncoder& encoder, std::string& events, Piece::Kind kind,
                  std::string_view content) {
  switch (kind) {
    case Piece::Kind::said:
      return encoder.append_tts(events, content);
    case Piece::Kind::data:
      return encoder.append_data(events, content);
    case Piece::Kind::hangup:
      return encoder.append_hangup(events);
  }
}

std::string Recorded::events(const SseEncoder& encoder) const {
  std::string events;
  if (said)
    said->visit(pieces, [&](Piece::Kind piece, bool, std::string_view content, Moment) {
      append_piece(encoder, events, piece, content);
    });
  return events;
}

std::string_view name_of(Outcome outcome) {
  constexpr std::string_view names[] = {"answered",    "failed",    "timed_out", "interrupted",
                                        "caller_gone", "shut_down", "replaced"};
  return names[static_cast<std::size_t>(outcome)];
}

}  // namespace patchbay
