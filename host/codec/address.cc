// SPDX-License-Identifier: MIT
#include "codec/address.h"

#include <algorithm>
#include <charconv>

namespace patchbay {
namespace {

constexpr std::string_view forms = "write HOST:PORT, eg 127.0.0.1:8080, [::1]:8080 or *:8080";

Error bad_address(std::string_view text, std::string_view why) {
  return {"bad_address", '"' + std::string(text) + "\" " + std::string(why), std::string(forms)};
}

bool is_host_byte(char c) {
  return c > ' ' && c != 0x7f && c != '/' && c != '[' && c != ']';
}

}  // namespace

std::string Address::text() const {
  const bool six = host.find(':') != std::string::npos;
  return (six ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

Result<Address> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad_address(text, "has no port");
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty()) return bad_address(text, "has no host");
  if (!bracketed && host.find(':') != std::string_view::npos) {
    return bad_address(text, "is an IPv6 address without brackets");
  }
  if (!std::ranges::all_of(host, is_host_byte)) return bad_address(text, "has no valid host");

  Address address;
  address.host = host;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || error != std::errc{} || end != port.data() + port.size()) {
    return bad_address(text, "has no port between 0 and 65535");
  }
  return address;
}

}  // namespace patchbay
