// SPDX-License-Identifier: MIT
// What the verbs of the command line share: how one is added, how one fails, what the flags that
// several have mean.
#pragma once
#include <span>
#include <string_view>

#include "ground/log.h"
#include "ground/result.h"

namespace patchbay {

// Exit codes, the same for every verb: scripts rely on them.
inline constexpr int exit_good = 0;
inline constexpr int exit_failed = 1;  // it did not work: the message says why
inline constexpr int exit_usage = 2;   // the command line itself was wrong

// "patchbay: MESSAGE\n  HINT\n" on standard error, or "FILE:LINE:COLUMN: MESSAGE\n" where it is
// about a configuration; returns exit_failed.
int fail(const Error& error);

// "there is no verb 'srve'; did you mean 'serve'?"; returns exit_usage.
int unknown_verb(std::string_view word, std::span<const std::string_view> verbs);

// Is standard output a terminal that shows colours, and did nobody say no ($NO_COLOR)?
bool wants_colour();

// The words of --log-level and --log-format; both were checked by whoever read them.
LogLevel log_level_of(std::string_view word);
LogFormat log_format_of(std::string_view word);

}  // namespace patchbay
