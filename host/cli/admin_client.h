// SPDX-License-Identifier: MIT
// What the verbs share that talk to a running host: which host, and one question with its answer.
#pragma once
#include <functional>
#include <string>

#include "ground/clock.h"
#include "ground/result.h"
#include "state/standing.h"

namespace patchbay {

inline constexpr const char* admin_flag_help =
    "The host's admin socket (default: that of the only host that runs here)";
// The socket of --admin, or of the only host that runs here.
Result<std::string> choose_admin_socket(const std::string& flag);

struct AdminQuestion {
  std::string method;             // eg: "POST"
  std::string path;               // eg: "/load"
  std::string body;               // JSON, or empty
  Milliseconds patience{10'000};  // for the answer
};

// The body of a good answer; else the host's own Error, or why it does not answer. A plugin's words
// may stand in either; the Error's cannot command a terminal. [any]
Result<std::string> ask_admin(const std::string& socket, const AdminQuestion& question);
Result<Standing> ask_standing(const std::string& socket);

// For what takes as long as plugins take: asks, and after a second says every second what the host
// is at, as `look` finds it in the standing; said to nobody where that is empty. [control]
Result<Granted> ask_patiently(const std::string& socket, AdminQuestion question,
                              const std::function<std::string(const Standing&)>& look);

}  // namespace patchbay
