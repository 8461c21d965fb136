// SPDX-License-Identifier: MIT
// One raw connection to a host: bytes go out as they are given, answers come back taken apart.
// Speaks HTTP only as far as reading needs, so that nothing of the host's own code judges the host.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::test {

class LineTls;

using Json = nlohmann::json;

struct Answer {
  int status = 0;  // 0: no answer came
  std::string reason;
  std::multimap<std::string, std::string> headers;  // names in lower case
  std::string body;                                 // chunks taken apart
  bool whole = false;                               // it ended as its framing says

  [[nodiscard]] std::string header(const std::string& name) const;
  // The events of a stream, in order. Throws where a line is not "data: {json}" and a blank one.
  [[nodiscard]] std::vector<Json> events() const;
  [[nodiscard]] std::string spoken() const;  // the text of all response.tts together
  [[nodiscard]] std::size_t ends() const;    // how many response.end
};

class Line {
 public:
  explicit Line(std::uint16_t port);  // by TLS where the tests run over it: line_tls.h
  static Line to_unix_socket(const std::string& path);
  static Line by_tls(std::uint16_t port);  // whatever the tests run over
  ~Line();
  Line(Line&& other) noexcept;
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  Line& operator=(Line&&) = delete;

  void send(std::string_view bytes) const;
  Answer read_answer(bool head_only = false);  // one whole answer
  Answer read_head();                          // status line and headers; the body is then read by:
  std::optional<Json> next_event();            // nothing at the end of the stream
  // Has the host closed it? Waits for that.
  bool is_closed();
  void close();  // as a pipeline does when the caller speaks
  void reset();  // the same with a RST
  [[nodiscard]] int socket() const { return fd_; }
  // By TLS: whom the host's certificate names, eg: "CN = throwaway"; empty: no handshake.
  [[nodiscard]] std::string certificate() const;

 private:
  struct Connected {};
  Line(Connected, int fd);
  void begin_tls();

  bool read_more();
  bool read_until(std::string_view mark, std::string& out);
  bool read_bytes(std::size_t count, std::string& out);
  std::optional<std::size_t> read_chunk(
      std::string& out);  // how many bytes; nothing where it is broken

  int fd_;
  std::unique_ptr<LineTls> tls_;  // null where it is plain
  std::string unread_;
  bool chunked_ = false;
  std::string events_;  // of the body, not yet given out
};

}  // namespace patchbay::test
