// SPDX-License-Identifier: MIT
// Where a Redis or Valkey server is and how to be let in, read from its URL. Connects to nothing.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "ground/result.h"

namespace patchbay {

struct RedisAddress {
  bool tls = false;
  std::string host;  // eg: "127.0.0.1", "::1"; empty where it is a socket
  std::uint16_t port = 6379;
  std::string socket;    // the path of a unix socket, or empty
  std::string user;      // empty: the default user
  std::string password;  // empty: none is sent
  std::uint32_t database = 0;

  // For messages, without the password: "rediss://redis.example:6379/2".
  [[nodiscard]] std::string text() const;
  bool operator==(const RedisAddress&) const = default;
};

// "redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]", "rediss://..." for TLS, "unix:/PATH" or
// "redis+unix://[[USER]:PASSWORD@]/PATH". In user and password %XX stands for a byte. The Error
// (redis_address_invalid) never shows the password. [any]
Result<RedisAddress> parse_redis_address(std::string_view text);

}  // namespace patchbay
