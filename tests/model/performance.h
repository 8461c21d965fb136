// SPDX-License-Identifier: MIT
// A script as steps in time: what is sent, how long after the step before, and what it ends with.
#pragma once
#include <deque>
#include <string>

#include "dialect.h"
#include "script.h"

namespace model {

struct Step {
  enum class Do {
    send,   // these bytes
    stamp,  // a piece with the time
    stall,  // nothing any more, and the connection stays
    cut,    // the connection closes in mid-stream
    end,    // the stream ends as HTTP ends it
  };
  Ms after{0};
  Do what = Do::send;
  std::string bytes;
};

std::deque<Step> steps_of(const Script& script, const Dialect& dialect, const Asked& asked);

}  // namespace model
