// SPDX-License-Identifier: MIT
//
// history.hpp - the talk as it was heard, in C++ (vap.history/1). Authors include vap.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "host.hpp"
#include "vap.h"

namespace vap {

// What one of the two said before the other spoke. [until-end]
struct line {
  bool from_caller = false;  // else the agent's
  std::string_view text;     // never empty
  bool interrupted = false;  // cut off: what was heard of it, or if nobody said, what was sent
  bool by_host = false;      // the host's own words are in it, eg. its fallback line
  bool current = false;      // what this very turn was asked; always the last
  std::string_view turn_id;
  std::int64_t unix_ms = 0;

  // As the APIs of language models call the two.
  std::string_view role() const noexcept { return from_caller ? "user" : "assistant"; }
};

// The newest lines of a conversation, the oldest of them first. Caller and agent take turns; it may
// begin with either. Empty also where the host has no vap.history/1, or no store to read from.
class history {
 public:
  history() = default;
  history(const host* h, vap_reply_t reply, std::size_t most, std::size_t most_bytes) {
    if (!h || !h->history) {
      status_ = VAP_E_UNSUPPORTED;
      return;
    }
    const vap_line_t* const* lines = nullptr;
    std::size_t count = 0;
    status_ = h->history->read(h->abi, reply, most, most_bytes, &lines, &count);
    if (status_ < 0) return;
    lines_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) lines_.push_back(read(*lines[i]));
  }

  const line* begin() const noexcept { return lines_.data(); }
  const line* end() const noexcept { return lines_.data() + lines_.size(); }
  std::size_t size() const noexcept { return lines_.size(); }
  bool empty() const noexcept { return lines_.empty(); }
  const line& operator[](std::size_t at) const noexcept { return lines_[at]; }
  const line& back() const noexcept { return lines_.back(); }
  vap_status_t status() const noexcept { return status_; }  // below 0: why it is empty

 private:
  static line read(const vap_line_t& from) {
    return {from.role == VAP_ROLE_CALLER,
            view(from.text),
            (from.flags & VAP_LINE_INTERRUPTED) != 0,
            (from.flags & VAP_LINE_HOST) != 0,
            (from.flags & VAP_LINE_CURRENT) != 0,
            view(from.turn_id),
            from.unix_ms};
  }

  std::vector<line> lines_;
  vap_status_t status_ = VAP_E_ENDED;
};

}  // namespace vap
