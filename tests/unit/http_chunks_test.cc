// SPDX-License-Identifier: MIT
// The refusals of single bytes are cases of tests/http/cases.json; here is what only this unit
// says.
#include "codec/http_chunks.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace patchbay {
namespace {

TEST_SUITE("http_chunks") {
  TEST_CASE("chunks are joined, and what follows the last one is left") {
    ChunkReader reader;
    std::string body = "> ";
    constexpr std::string_view chunks = "5\r\nhello\r\n06\r\n world\r\n0\r\n\r\n";
    const std::string bytes = std::string(chunks) + "GET /";
    CHECK(reader.feed(bytes, 100, body) == chunks.size());
    CHECK(reader.done());
    CHECK(reader.fault() == HttpFault::none);
    CHECK(body == "> hello world");
    CHECK(reader.feed("5\r\n", 100, body) == 0);
  }

  TEST_CASE("a chunk is refused at the digit that takes it over the limit") {
    ChunkReader reader;
    std::string body;
    CHECK(reader.feed("a\r\n0123456789\r\n", 15, body) == 15);
    CHECK(reader.feed("0006\r\n", 15, body) == 4);
    CHECK(reader.fault() == HttpFault::body_too_large);
    CHECK_FALSE(reader.done());
    CHECK(body.size() == 10);
  }

  TEST_CASE("a body of exactly the limit is read") {
    ChunkReader reader;
    std::string body;
    CHECK(reader.feed("a\r\n0123456789\r\n5\r\n01234\r\n0\r\n\r\n", 15, body) == 30);
    CHECK(reader.done());
    CHECK(body.size() == 15);
  }

  TEST_CASE("a fault is final") {
    ChunkReader reader;
    std::string body;
    CHECK(reader.feed("5;x=y\r\n", 100, body) == 2);
    CHECK(reader.fault() == HttpFault::chunk_extension);
    CHECK(reader.feed("5\r\nhello\r\n", 100, body) == 0);
    CHECK(body.empty());
  }
}

}  // namespace
}  // namespace patchbay
