// SPDX-License-Identifier: MIT
// Whom an agent may reach over the network: the entries of its allow-list, and the addresses that
// no name may lead to. Resolves nothing.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "codec/url.h"
#include "ground/result.h"

namespace patchbay {

// One entry, eg: "api.example.com" (https, port 443), "127.0.0.1:9000" (that port, http too),
// "*.example.com" (what stands below it).
struct EgressRule {
  std::string host;         // in lower case; IPv6 without brackets
  bool subdomains = false;  // of that host, and not the host itself
  std::uint16_t port = 0;   // 0: https on its usual port
  bool operator==(const EgressRule&) const = default;
};

Result<EgressRule> decode_egress_rule(std::string_view text);

bool allows(std::span<const EgressRule> rules, const Url& url);

// As one would write the entry for it, eg: "127.0.0.1:9000".
std::string egress_rule_for(const Url& url);

// By what is written: "localhost", "127.0.0.0/8", "::1". "127.example.com" is anybody's name.
bool is_loopback_host(std::string_view host);

// Link-local addresses, where clouds keep the keys of the machine: 169.254.0.0/16, fe80::/10,
// fd00:ec2::254. `address`: the 4 or 16 bytes of it, as on the wire.
bool is_link_local(std::span<const std::uint8_t> address);
// The same of a host that is written as an address.
bool is_link_local_host(std::string_view host);

}  // namespace patchbay
