// SPDX-License-Identifier: MIT
#include "codec/http_chunks.h"

#include <algorithm>

namespace patchbay {
namespace {

// 16 digits fill 64 bits. Without a bound, a line of zeros would be an endless free request.
constexpr std::uint8_t most_digits = 16;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::size_t ChunkReader::feed(std::string_view bytes, std::size_t limit, std::string& body) {
  std::size_t eaten = 0;
  while (eaten < bytes.size() && phase_ != Phase::done && fault_ == HttpFault::none) {
    if (phase_ == Phase::bytes) {
      const std::size_t run = std::min(left_, bytes.size() - eaten);
      body.append(bytes.substr(eaten, run));
      eaten += run;
      left_ -= run;
      if (left_ == 0) phase_ = Phase::bytes_cr;
    } else {
      fault_ = read_mark(bytes[eaten++], limit - body.size());
    }
  }
  return eaten;
}

HttpFault ChunkReader::read_size(char c, std::size_t room) {
  if (c == '\r' && digits_ > 0) {
    phase_ = Phase::size_lf;
    return HttpFault::none;
  }
  if (c == '\n') return HttpFault::bare_line_feed;
  // RFC 9112 7.1.1 lets a recipient refuse extensions it does not understand, and we understand
  // none. Servers that disagree on where an extension ends have been made to disagree on the next
  // request.
  if (c == ';' && digits_ > 0) return HttpFault::chunk_extension;
  const int value = hex_value(c);
  if (value < 0 || digits_ == most_digits) return HttpFault::bad_chunk_size;
  ++digits_;
  if (left_ > room / 16) return HttpFault::body_too_large;
  left_ = left_ * 16 + static_cast<std::size_t>(value);
  return left_ > room ? HttpFault::body_too_large : HttpFault::none;
}

HttpFault ChunkReader::read_mark(char c, std::size_t room) {
  const auto step = [&](char wanted, Phase next, HttpFault otherwise) {
    if (c != wanted) return otherwise;
    phase_ = next;
    return HttpFault::none;
  };
  switch (phase_) {
    case Phase::size:
      return read_size(c, room);
    case Phase::size_lf:
      digits_ = 0;
      return step('\n', left_ == 0 ? Phase::end_cr : Phase::bytes, HttpFault::bare_carriage_return);
    case Phase::bytes_cr:
      return step('\r', Phase::bytes_lf, HttpFault::bad_chunk_end);
    case Phase::bytes_lf:
      return step('\n', Phase::size, HttpFault::bad_chunk_end);
    // Nothing here reads a trailer, and one that is merged into the headers could smuggle a
    // signature or a length past every check of the head (RFC 9110 6.5.1).
    case Phase::end_cr:
      return c == '\n' ? HttpFault::bare_line_feed
                       : step('\r', Phase::end_lf, HttpFault::trailers_refused);
    case Phase::end_lf:
      return step('\n', Phase::done, HttpFault::bare_carriage_return);
    case Phase::bytes:
    case Phase::done:
      break;
  }
  return HttpFault::none;
}

}  // namespace patchbay
