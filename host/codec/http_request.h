// SPDX-License-Identifier: MIT
// The strict front: bytes of a connection become one framed, checked, complete request, or a refusal.
// One written policy (docs/http-policy.md) stands here, so nothing behind it parses anything unsafe.
// Opens no socket, reads no clock, knows no route.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace patchbay {

struct HttpLimits {
  std::size_t head = 16 * 1024;         // bytes of request line and headers together
  std::size_t header_lines = 100;       // lines
  std::size_t target = 8 * 1024;        // bytes of the request target
  std::size_t body = 8 * 1024 * 1024;   // bytes, after the chunks are taken apart
};

struct HttpRequest {
  std::string method;   // eg: "POST"
  std::string path;     // eg: "/api/agent": the target before '?', not percent-decoded
  std::string query;    // after '?', may be empty
  int minor = 1;        // HTTP/1.<minor>
  bool keep_alive = true;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, values raw, OWS trimmed
  std::string body;

  // The value of the only line of that name (given in lower case); empty where there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;
};

// Why a connection is answered with an error and closed.
struct HttpRefusal {
  int status = 400;      // 400, 413, 414, 415, 417, 431, 501, 505
  std::string code;      // eg: "two_content_lengths"
  std::string message;   // for a person
};

// Reads requests one after another from the bytes of one connection. The same bytes give the same
// verdict however they are cut. A refusal is final: the connection must be closed.
class HttpRequestReader {
 public:
  enum class State {
    idle,      // between requests, not a byte of the next one seen
    head,      // in the request line or the headers
    body,      // the head is complete and good; bytes of the body are missing
    complete,  // take() it
    refused,   // see refusal()
  };

  explicit HttpRequestReader(const HttpLimits& limits);

  // Eats bytes up to the end of the request at most; returns how many it ate. What it leaves is the
  // next (pipelined) request: feed it after take().
  std::size_t feed(std::string_view bytes);

  [[nodiscard]] State state() const { return state_; }
  // The client waits for "100 Continue" before it sends its body. True from the moment the head is
  // complete until bytes of the body arrive.
  [[nodiscard]] bool wants_continue() const;
  // Only in State::complete. The reader is idle again, and holds no memory of the request.
  HttpRequest take();
  // Only in State::refused.
  [[nodiscard]] const HttpRefusal& refusal() const { return refusal_; }

 private:
  State state_ = State::idle;
  const HttpLimits& limits_;
  HttpRequest request_;
  HttpRefusal refusal_;
};

}  // namespace patchbay
