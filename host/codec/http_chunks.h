// SPDX-License-Identifier: MIT
// Takes the chunked transfer coding apart: RFC 9112 section 7.1 without extensions and trailers.
// Knows nothing of headers, and keeps no bytes itself.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "codec/http_refusal.h"

namespace patchbay {

class ChunkReader {
 public:
  // Eats bytes up to the end of the last chunk at most, appends what the chunks hold to `body`, and
  // returns how many it ate. Never lets `body` grow beyond `limit`. After done() or a fault it eats
  // nothing.
  std::size_t feed(std::string_view bytes, std::size_t limit, std::string& body);

  [[nodiscard]] bool done() const { return phase_ == Phase::done; }
  [[nodiscard]] HttpFault fault() const { return fault_; }

 private:
  enum class Phase : std::uint8_t {
    size,
    size_lf,
    bytes,
    bytes_cr,
    bytes_lf,
    end_cr,
    end_lf,
    done
  };

  [[nodiscard]] HttpFault read_size(char c, std::size_t room);
  [[nodiscard]] HttpFault read_mark(char c, std::size_t room);

  std::size_t left_ = 0;  // of this chunk
  Phase phase_ = Phase::size;
  std::uint8_t digits_ = 0;  // of this chunk's size
  HttpFault fault_ = HttpFault::none;
};

}  // namespace patchbay
