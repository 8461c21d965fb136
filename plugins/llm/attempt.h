// SPDX-License-Identifier: MIT
// One provider that was asked, and how far its answer has come. Belongs to one answer, and lives
// under its lock.
#pragma once
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vap/http.hpp>
#include <vap/vap.hpp>

#include "dialect.h"
#include "ear.h"
#include "house.h"
#include "joint.h"

namespace llm {

struct Attempt {
  using Clock = std::chrono::steady_clock;
  // The stream of an answer that is complete may go on a little: its connection can then be used
  // again.
  static constexpr Ms last_bytes{500};

  // `said`: what the caller was told so far.
  Attempt(Source& s, bool ear, const std::string& said, Clock::time_point now)
      : source(&s),
        decoder(make_decoder(s.provider.kind)),
        filter(ear),
        joint(said),
        goes_on(!said.empty()),
        asked(now),
        heard(now) {}

  Source* source;
  std::unique_ptr<Decoder> decoder;
  Ear filter;
  Joint joint;
  const bool goes_on;        // with what another has begun
  std::string blanks;        // ahead of its first word
  vap::http_id request = 0;  // 0: it is not known yet
  vap::task_id alarm = 0;
  const Clock::time_point asked;
  Clock::time_point heard;  // of it, something that is progress; at first, when its time began
  std::chrono::seconds leave_for{0};  // it wants to be left alone so long
  bool second = false;                // it was asked beside another, which said nothing
  bool waited = false;                // so long that another should be asked beside it
  bool spoke = false;
  bool called = false;    // a tool that there may be, or has begun to
  bool finished = false;  // has said all; only the end of its stream is missing
  // Nothing of it counts any more. Written under the lock; read without it as well, so that nobody
  // who comes too late waits behind a slow listener.
  std::atomic<bool> over{false};

  bool works() const { return spoke || called; }
  Clock::time_point deadline() const {
    if (finished) return heard + last_bytes;
    return heard + (works() ? source->provider.between_words : source->provider.first_word);
  }
};

}  // namespace llm
