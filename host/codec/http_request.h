// SPDX-License-Identifier: MIT
// The strict front: bytes of a connection become one framed, checked, complete request, or a
// refusal. One written policy (docs/http-policy.md) stands here, so nothing behind it parses
// anything unsafe. Opens no socket, reads no clock, knows no route.
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/http_chunks.h"
#include "codec/http_refusal.h"
#include "ground/budget.h"

namespace patchbay {

struct HttpLimits {
  std::size_t head = 16 * 1024;        // bytes of request line and headers together
  std::size_t header_lines = 100;      // lines
  std::size_t target = 8 * 1024;       // bytes of the request target
  std::size_t body = 8 * 1024 * 1024;  // bytes, after the chunks are taken apart
};

struct HttpRequest {
  std::string method;  // eg: "POST"
  std::string path;    // eg: "/api/agent": the target before '?', not percent-decoded
  std::string query;   // after '?', may be empty
  int minor = 1;       // HTTP/1.<minor>
  bool keep_alive = true;
  std::vector<std::pair<std::string, std::string>>
      headers;  // names in lower case, values raw, OWS trimmed
  std::string body;
  std::shared_ptr<Share> share = {};  // of what all bodies may hold; null where nobody counts this
                                      // one. Whoever takes the body takes it too

  // The value of the only line of that name (given in lower case); empty where there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;
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

  static constexpr std::size_t any_room = std::numeric_limits<std::size_t>::max();

  // A body that needs more bytes than `room` has to be given them: see wants_room().
  explicit HttpRequestReader(const HttpLimits& limits, std::size_t room = any_room);

  // Eats bytes up to the end of the request at most; returns how many it ate. What it leaves is the
  // next (pipelined) request: feed it after take().
  std::size_t feed(std::string_view bytes);

  [[nodiscard]] State state() const { return state_; }
  // In State::body: nothing more is eaten before give_room(). So it is once the head of a body that
  // is announced as too large for its room is complete, or of one that waits for "100 Continue",
  // and then whenever the room is full. Where that is does not depend on how the bytes were cut.
  [[nodiscard]] bool wants_room() const { return wants_room_; }
  // The room that the body would have after give_room(): bytes.
  [[nodiscard]] std::size_t next_room() const;
  void give_room();
  // What was read of the request so far; of its body perhaps only a part. In State::body.
  [[nodiscard]] HttpRequest& request() { return request_; }
  // Lets go of what was read: nobody wants the rest.
  void forget() { reset(); }
  // The client waits for "100 Continue" before it sends its body. True from the moment the head is
  // complete until bytes of the body arrive.
  [[nodiscard]] bool wants_continue() const;
  // Only in State::complete. The reader is idle again, and holds no memory of the request.
  HttpRequest take();
  // Only in State::refused.
  [[nodiscard]] const HttpRefusal& refusal() const { return http_refusal(fault_); }

 private:
  // Where in the head the next byte belongs.
  enum class Phase : std::uint8_t {
    start,
    start_lf,
    method,
    target,
    version,
    version_lf,
    line,
    name,
    blanks,
    value,
    value_lf,
    end_lf,
  };
  // What the lines of this head have said so far.
  struct Marks {
    bool blank_line : 1 = false;
    bool other_major : 1 = false;
    bool has_length : 1 = false;
    bool chunked : 1 = false;
    bool expects_continue : 1 = false;
    bool says_close : 1 = false;
    bool says_keep_alive : 1 = false;
  };

  // Each eats one piece and returns its length, a refused byte included.
  std::size_t read_head(std::string_view bytes);
  std::size_t read_method(std::string_view bytes);
  std::size_t read_target(std::string_view bytes);
  std::size_t read_name(std::string_view bytes);
  std::size_t read_value(std::string_view bytes);
  std::size_t read_body(std::string_view bytes);
  // The same for phases that take a single byte, or look at it and leave it to the next phase.
  std::size_t read_start(char c);
  std::size_t read_version(char c);
  std::size_t read_line(char c);
  std::size_t read_lf(char c);

  void end_target();
  void end_line();
  void end_head();
  void reset();
  void refuse(HttpFault fault);

  // What the lines of these names say about this request, or what is wrong with it. All but
  // Connection are called once at most for a head.
  [[nodiscard]] HttpFault take_host(std::string_view value);
  [[nodiscard]] HttpFault take_content_length(std::string_view value);
  [[nodiscard]] HttpFault take_transfer_encoding(std::string_view value);
  [[nodiscard]] HttpFault take_content_encoding(std::string_view value);
  [[nodiscard]] HttpFault take_expect(std::string_view value);
  [[nodiscard]] HttpFault take_range(std::string_view value);
  void take_connection(std::string_view value);

  const HttpLimits& limits_;
  const std::size_t first_room_;
  HttpRequest request_;
  std::size_t head_left_;      // bytes that the head may still have
  std::size_t body_left_ = 0;  // bytes of a body with a length that are missing
  std::size_t room_;           // bytes that the body may have for now
  ChunkReader chunks_;
  State state_ = State::idle;
  Phase phase_ = Phase::start;
  HttpFault fault_ = HttpFault::none;
  bool wants_room_ = false;
  Marks marks_;
  std::uint8_t version_bytes_ = 0;
  std::uint16_t seen_ = 0;  // a bit for each rule of end_line() whose header was there
};

}  // namespace patchbay
