// SPDX-License-Identifier: MIT
// The two clocks: Moments measure, UnixSeconds and WallTimes date. Only main, server and the flows
// read them; all other code takes the time as an argument, so that a test never waits.
#pragma once
#include <chrono>
#include <cstdint>

namespace patchbay {

using Clock = std::chrono::steady_clock;  // monotonic: deadlines and durations
using Moment = Clock::time_point;
using Milliseconds = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

using UnixSeconds = std::chrono::sys_seconds;  // wall clock: only to date signatures and logs

using WallTime = std::chrono::sys_time<Milliseconds>;  // the same, for what is dated to be read

UnixSeconds unix_now();
WallTime wall_now();

}  // namespace patchbay
