// SPDX-License-Identifier: MIT
#include "state/transcript.h"

namespace patchbay {

void Transcript::add(Piece::Kind kind, bool by_host, std::string_view content, Moment when) {
  text_ += content;
  marks_.push_back({when, static_cast<std::uint32_t>(text_.size()), kind, by_host});
}

void Transcript::settle() {
  constexpr std::size_t worth_it = 1024;  // bytes
  if (text_.capacity() - text_.size() > worth_it) text_.shrink_to_fit();
  if ((marks_.capacity() - marks_.size()) * sizeof(Mark) > worth_it) marks_.shrink_to_fit();
}

}  // namespace patchbay
