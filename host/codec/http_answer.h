// SPDX-License-Identifier: MIT
// The bytes of an HTTP/1.1 answer, cut anywhere, become its head and the bytes of its body: the
// other side of codec/http_request. Reads one answer, then no more; decompresses nothing.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/http_chunks.h"
#include "ground/result.h"

namespace patchbay {

struct HttpAnswerHead {
  int status = 0;
  std::string reason;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case

  // The first of that name, given in lower case; empty where there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

class HttpAnswerReader {
 public:
  // Appends what these bytes bring of the body. Interim answers (1xx) are read over. The Error
  // (answer_malformed, answer_unsupported) says where the server breaks HTTP; then nothing more is
  // read.
  [[nodiscard]] Problem feed(std::string_view bytes, std::string& body);
  // The server has closed the connection: answer_cut where the answer was not whole.
  [[nodiscard]] Problem finish();

  [[nodiscard]] bool has_head() const { return framing_ != Framing::unknown; }
  [[nodiscard]] bool done() const { return framing_ == Framing::none; }
  // Empty before has_head().
  [[nodiscard]] const HttpAnswerHead& head() const { return head_; }

 private:
  enum class Framing { unknown, chunks, length, until_close, none };

  [[nodiscard]] Problem read_head();
  [[nodiscard]] Problem choose_framing();
  [[nodiscard]] Problem read_body(std::string_view bytes, std::string& body);

  std::string raw_head_;
  HttpAnswerHead head_;
  Framing framing_ = Framing::unknown;
  std::size_t left_ = 0;  // of a body with a length
  ChunkReader chunks_;
};

}  // namespace patchbay
