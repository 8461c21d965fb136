// SPDX-License-Identifier: MIT
// The floor's HTTP: just what this benchmark's requests need, and not a line of what the open
// internet would.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace patchbay::bench {

struct Request {
  std::string_view signature, body;
  std::size_t size = 0;  // bytes, with its head
};

// Nothing: it is not all there yet. A size of 0: it is nothing that we serve.
std::optional<Request> read_request(std::string_view bytes);

// As HTTP/1.1 streams it: a head, chunks, and the last of them.
extern const std::string_view stream_head, stream_end;
void append_chunk(std::string& out, std::string_view bytes);
extern const std::string_view refusal;

}  // namespace patchbay::bench
