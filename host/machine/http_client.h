// SPDX-License-Identifier: MIT
// One POST to somebody else's server, and its whole answer. Blocks, so it belongs on a worker.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "codec/http_response.h"
#include "ground/clock.h"
#include "ground/result.h"

namespace patchbay {

struct Post {
  std::string url;  // eg: "https://api.layercode.com/v1/agents/web/authorize_session"
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;              // JSON
  Milliseconds timeout{10'000};  // from the beginning to the last byte of the answer
};

// The Error says why no answer came (unreachable, timed out, no such host, bad certificate); an
// answer with a bad status is an answer. Nothing of the headers sent appears in an Error. [any]
Result<HttpResponse> post(const Post& request);

}  // namespace patchbay
