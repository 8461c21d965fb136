// SPDX-License-Identifier: MIT
// The reasons for which the strict front answers a connection with an error and closes it. The
// table of docs/http-policy.md as values; decides nothing itself.
#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace patchbay {

// Why a connection is answered with an error and closed. Codes are a promise: they stand in logs
// and in the answer, and never change their meaning.
struct HttpRefusal {
  int status = 400;     // 400, 413, 414, 415, 417, 431, 501, 505
  std::string code;     // eg: "two_content_lengths"
  std::string message;  // for a person
  std::string hint = "docs/http-policy.md explains this code";  // what to do
};

// In the order of the table in http_refusal.cc; the code is the enumerator's name.
enum class HttpFault : std::uint8_t {
  none,
  blank_lines,
  bare_carriage_return,
  bare_line_feed,
  bad_method,
  unknown_method,
  bad_target,
  bad_target_character,
  bad_percent_encoding,
  target_too_long,
  missing_version,
  bad_version,
  unknown_version,
  folded_header,
  nameless_header,
  header_without_colon,
  space_before_colon,
  bad_header_name,
  bad_header_value,
  duplicate_header,
  head_too_large,
  too_many_headers,
  missing_host,
  two_hosts,
  bad_host,
  two_content_lengths,
  bad_content_length,
  length_and_chunked,
  two_transfer_encodings,
  bad_transfer_encoding,
  unknown_transfer_coding,
  chunked_in_http_1_0,
  content_encoding_refused,
  unknown_expectation,
  range_refused,
  unexpected_body,
  body_too_large,
  bad_chunk_size,
  chunk_extension,
  bad_chunk_end,
  trailers_refused,
};

// Lives as long as the process.  [any]
const HttpRefusal& http_refusal(HttpFault fault);

// Every refusal there is, so that a test can hold the documents against it.  [any]
std::span<const HttpRefusal> http_refusals();

}  // namespace patchbay
