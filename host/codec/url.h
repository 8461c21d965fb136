// SPDX-License-Identifier: MIT
// An http or https URL, taken apart for whoever connects. Resolves nothing.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ground/result.h"

namespace patchbay {

struct Url {
  bool tls = false;
  std::string host;  // eg: "127.0.0.1", "::1" (without brackets), "agents.example"
  std::uint16_t port = 80;
  std::string target;  // path and query, eg: "/agents/bakery?x=1"; empty where the URL has none

  // For a Host header and for messages: "[::1]:8080"; the port only where it is not the usual.
  [[nodiscard]] std::string authority() const;
  [[nodiscard]] std::string text() const;
};

// Where a URL leads: "host", "host:port", "[v6]" or "[v6]:port". Nothing where it is none of them.
struct Authority {
  std::string host;        // without brackets
  std::uint16_t port = 0;  // 0: none is written
};
std::optional<Authority> parse_authority(std::string_view text);

// Is it meant to be a URL, of whatever scheme?
bool is_url(std::string_view text);

// A fragment is dropped. The Error (url_invalid) says what is wrong: another scheme, no host, a bad
// port, a name and password, or bytes that cannot stand in a URL.  [any]
Result<Url> parse_url(std::string_view text);

}  // namespace patchbay
