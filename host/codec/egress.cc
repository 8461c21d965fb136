// SPDX-License-Identifier: MIT
#include "codec/egress.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "codec/http_grammar.h"

namespace patchbay {
namespace {

constexpr std::uint16_t https_port = 443;
constexpr std::size_t longest_name = 253;  // bytes, see RFC 1035

// Names are the same in any case, and with the dot of the root behind them.
std::string plain(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return lowered(host);
}

std::vector<std::uint8_t> address_of(std::string_view host) {
  const std::string text(host.substr(0, host.find('%')));  // without the zone
  std::vector<std::uint8_t> bytes(16);
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
  bytes.resize(4);
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return bytes;
  return {};
}

// Of a host that may stand in a URL.
bool is_name(std::string_view host) {
  return !host.empty() && host.size() <= longest_name && !host.starts_with('.') &&
         host.find("..") == std::string_view::npos;
}

Error bad_rule() {
  return {
      "bad_egress_rule", "wants hosts that the agent may reach",
      "write \"api.example.com\" (https), \"*.example.com\" or \"127.0.0.1:9000\" (with a port, "
      "http too); no scheme and no path"};
}

}  // namespace

Result<EgressRule> decode_egress_rule(std::string_view text) {
  EgressRule rule;
  if (text.starts_with("*.")) {
    rule.subdomains = true;
    text.remove_prefix(2);
  }
  const std::optional<Authority> where = parse_authority(text);
  if (!where) return bad_rule();
  rule.host = plain(where->host);
  rule.port = where->port;
  const bool good = text.starts_with('[') ? !rule.subdomains && address_of(rule.host).size() == 16
                                          : is_name(rule.host);
  if (!good) return bad_rule();
  // "*.com" would be half of the world.
  if (rule.subdomains && rule.host.find('.') == std::string::npos) return bad_rule();
  return rule;
}

bool allows(std::span<const EgressRule> rules, const Url& url) {
  const std::string host = plain(url.host);
  return std::any_of(rules.begin(), rules.end(), [&](const EgressRule& rule) {
    if (rule.port == 0 ? !url.tls || url.port != https_port : url.port != rule.port) return false;
    if (!rule.subdomains) return host == rule.host;
    return host.size() > rule.host.size() + 1 && host.ends_with(rule.host) &&
           host[host.size() - rule.host.size() - 1] == '.';
  });
}

std::string egress_rule_for(const Url& url) {
  std::string rule = plain(url.host);
  if (rule.find(':') != std::string::npos) rule = '[' + rule + ']';
  if (!url.tls || url.port != https_port) rule.append(":").append(std::to_string(url.port));
  return rule;
}

bool is_loopback_host(std::string_view host) {
  const std::vector<std::uint8_t> address = address_of(host);
  if (address.size() == 4) return address[0] == 127;
  return plain(host) == "localhost" || host == "::1";
}

bool is_link_local(std::span<const std::uint8_t> address) {
  constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  constexpr std::array<std::uint8_t, 16> metadata = {0xfd, 0, 0x0e, 0xc2, 0, 0, 0,    0,
                                                     0,    0, 0,    0,    0, 0, 0x02, 0x54};
  if (address.size() == 16 && std::equal(mapped.begin(), mapped.end(), address.begin()))
    address = address.subspan(mapped.size());
  if (address.size() == 4) return address[0] == 169 && address[1] == 254;
  if (address.size() != 16) return false;
  return (address[0] == 0xfe && (address[1] & 0xc0) == 0x80) ||
         std::equal(metadata.begin(), metadata.end(), address.begin());
}

bool is_link_local_host(std::string_view host) {
  return is_link_local(address_of(host));
}

}  // namespace patchbay
