// SPDX-License-Identifier: MIT
#include "codec/http_refusal.h"

#include <cstddef>
#include <vector>

namespace patchbay {
namespace {

using Table = std::vector<HttpRefusal>;

Table request_line() {
  return {
      {400, "blank_lines", "More than one empty line stands before the request line."},
      {400, "bare_carriage_return", "A carriage return is not followed by a line feed."},
      {400, "bare_line_feed", "A line ends with LF alone; HTTP lines end with CR LF."},
      {400, "bad_method", "The request does not begin with a method. Is this plain HTTP/1.1?"},
      {501, "unknown_method",
       "This method is not served. GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS are."},
      {400, "bad_target", "The request target must be a path that begins with '/'."},
      {400, "bad_target_character",
       "The request target holds a character that must be percent-encoded."},
      {400, "bad_percent_encoding",
       "A '%' in the request target is not followed by two hexadecimal digits, or encodes NUL."},
      {414, "target_too_long", "The request target is longer than this server reads.",
       "at most 8 KiB, which no key changes; send what is long in the body"},
      {400, "missing_version", "The request line ends without \"HTTP/1.1\"."},
      {400, "bad_version", "The request line must end with exactly \"HTTP/1.1\" or \"HTTP/1.0\"."},
      {505, "unknown_version", "Only HTTP/1.1 and HTTP/1.0 are spoken here."},
  };
}

Table header_lines() {
  return {
      {400, "folded_header", "A header line begins with white space; folding is obsolete."},
      {400, "nameless_header", "A header line has no name before its colon."},
      {400, "header_without_colon", "A header line has no colon."},
      {400, "space_before_colon", "White space stands between a header's name and its colon."},
      {400, "bad_header_name", "A header's name holds a character that no name may hold."},
      {400, "bad_header_value", "A header's value holds a control character."},
      {400, "duplicate_header",
       "Content-Type, Content-Encoding, Authorization, Origin and Expect may stand only once."},
      {431, "head_too_large", "The request line and headers together are larger than allowed.",
       "send fewer or shorter headers (custom_headers, cookies), or raise max_head in [server]"},
      {431, "too_many_headers", "The request has more header lines than allowed.",
       "send fewer (custom_headers, a proxy's own), or raise max_header_lines in [server]"},
      {400, "missing_host", "An HTTP/1.1 request needs a Host header."},
      {400, "two_hosts", "The Host header may stand only once."},
      {400, "bad_host", "The Host header is not a host name or address with an optional port."},
  };
}

Table framing() {
  return {
      {400, "two_content_lengths", "The Content-Length header may stand only once."},
      {400, "bad_content_length", "Content-Length must be one plain decimal number."},
      {400, "length_and_chunked", "Content-Length and Transfer-Encoding exclude each other."},
      {400, "two_transfer_encodings", "The Transfer-Encoding header may stand only once."},
      {400, "bad_transfer_encoding", "Transfer-Encoding must be exactly \"chunked\"."},
      {501, "unknown_transfer_coding", "No transfer coding but \"chunked\" is understood."},
      {400, "chunked_in_http_1_0", "HTTP/1.0 has no Transfer-Encoding; send a Content-Length."},
      {415, "content_encoding_refused", "Send the body as it is, without a Content-Encoding.",
       "switch off the compression of requests, in the client or in a proxy on the way"},
      {417, "unknown_expectation", "The only expectation that can be met is \"100-continue\"."},
      {400, "range_refused", "Ranges are not served; send the request without a Range header."},
      {400, "unexpected_body", "A GET, HEAD or OPTIONS request may not have a body."},
      {413, "body_too_large", "The body is larger than allowed.",
       "send less, or raise max_body in [server], and the proxy's limit with it"},
      {400, "bad_chunk_size", "A chunk must begin with its size: 1 to 16 hexadecimal digits."},
      {400, "chunk_extension", "Chunk extensions are not accepted."},
      {400, "bad_chunk_end", "A chunk is not followed by CR LF where its size says it ends."},
      {400, "trailers_refused", "Trailer fields after the last chunk are not accepted."},
  };
}

// Never destroyed: a connection may be refused while the process exits.
const Table& table() {
  static const Table* const all = [] {
    auto* rows = new Table{{500, "none", "The request was not refused."}};
    for (const Table& part : {request_line(), header_lines(), framing()}) {
      rows->insert(rows->end(), part.begin(), part.end());
    }
    return rows;
  }();
  return *all;
}

}  // namespace

const HttpRefusal& http_refusal(HttpFault fault) {
  return table()[static_cast<std::size_t>(fault)];
}

std::span<const HttpRefusal> http_refusals() {
  return std::span<const HttpRefusal>(table()).subspan(1);
}

}  // namespace patchbay
