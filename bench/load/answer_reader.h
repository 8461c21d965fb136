// SPDX-License-Identifier: MIT
// The bytes of an HTTP/1.1 answer, cut anywhere, become its status and the bytes of its body. Of
// our own, and strict: nothing of the host's code judges the host, and what is not HTTP counts as
// wrong.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace patchbay::bench {

class AnswerReader {
 public:
  void begin();  // the next answer on the connection

  // Appends what these bytes bring of the body. False: this is no HTTP, or more than one answer.
  [[nodiscard]] bool feed(std::string_view bytes, std::string& body);
  // The server has closed: was the answer whole?
  [[nodiscard]] bool finish();

  [[nodiscard]] bool done() const { return at_ == At::end; }
  [[nodiscard]] int status() const { return status_; }  // 0 before the head is whole
  [[nodiscard]] bool keeps_open() const { return keeps_open_; }
  [[nodiscard]] bool is_event_stream() const { return is_event_stream_; }

 private:
  enum class At { head, body, until_close, size, data, data_end, trailer, end };

  [[nodiscard]] bool read_head();
  [[nodiscard]] bool read_header(std::string_view line);
  [[nodiscard]] bool read_size();
  // The rest of a line, without its end; `bytes` goes on behind it. Stays in line_ until it is
  // whole.
  bool take_line(std::string_view& bytes);

  At at_ = At::head;
  std::string line_;  // of the head all of it, otherwise what has come of a line
  int status_ = 0;
  bool keeps_open_ = true;
  bool is_event_stream_ = false;
  bool is_chunked_ = false;
  bool has_length_ = false;
  std::size_t left_ = 0;  // of the body, or of a chunk
};

}  // namespace patchbay::bench
