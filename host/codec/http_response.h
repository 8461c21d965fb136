// SPDX-License-Identifier: MIT
// An answer becomes the bytes of an HTTP/1.1 response. The head of an event stream stands here too,
// because its exact headers are a promise to the pipeline. Sends nothing.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ground/result.h"

namespace patchbay {

struct HttpResponse {
  int status = 200;
  std::string reason;  // eg: "insufficient_balance"; empty: the usual phrase of the status
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>>
      headers;  // further ones, eg: {"Retry-After", "1"}
  std::string body;
};

HttpResponse json_response(int status, std::string_view json);
// {"error":{...}} with that status.
HttpResponse error_response(int status, const Error& error);

// Line breaks and other controls in a reason or a header are dropped, so an answer can never be
// split.
std::string encode_response(const HttpResponse& response, bool keep_alive);

// 200, text/event-stream, no-cache, no-transform, X-Accel-Buffering: no (protocol §2.2); chunked
// for HTTP/1.1, else the end of the connection is the end of the stream.
std::string encode_event_stream_head(bool chunked, bool keep_alive);

}  // namespace patchbay
