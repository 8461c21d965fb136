// SPDX-License-Identifier: MIT
// One request to a server on this machine, by its unix socket, and the whole answer. Blocks.
#pragma once
#include <string>

#include "codec/http_response.h"
#include "ground/clock.h"
#include "ground/result.h"

namespace patchbay {

struct LocalRequest {
  std::string socket;  // eg: "/run/patchbay/patchbay-8080.sock"
  std::string method;  // eg: "POST"
  std::string path;    // eg: "/agents"
  std::string body = {};
  Milliseconds timeout{10'000};  // for connecting, and for each wait after
};

// The Error says why no answer came; an answer with a bad status is an answer. [any]
Result<HttpResponse> fetch(const LocalRequest& request);

}  // namespace patchbay
