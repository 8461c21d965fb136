// SPDX-License-Identifier: MIT
#include "codec/url.h"

#include <charconv>
#include <cstddef>
#include <utility>

#include "codec/http_grammar.h"

namespace patchbay {
namespace {

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;
constexpr ByteSet name_bytes = alphanumerics.with(ByteSet("-._"));
constexpr ByteSet ipv6_bytes = hex_digits.with(ByteSet(":.%")).with(alphanumerics);  // %zone

// Takes the scheme off `text`; empty where it is none of ours.
std::string_view take_scheme(std::string_view& text) {
  for (const std::string_view scheme : {"http", "https"}) {
    if (text.size() < scheme.size() + 3 || text.substr(scheme.size(), 3) != "://") continue;
    if (!is_word(text.substr(0, scheme.size()), scheme)) continue;
    text.remove_prefix(scheme.size() + 3);
    return scheme;
  }
  return {};
}

Error invalid(std::string_view url, std::string_view what) {
  std::string message(url);
  message.append(": ").append(what);
  return {"url_invalid", std::move(message), "write it as http://127.0.0.1:8080/agents/NAME"};
}

bool read_port(std::string_view text, std::uint16_t& port) {
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), port);
  return wrong == std::errc() && end == text.data() + text.size() && port != 0;
}

}  // namespace

std::optional<Authority> parse_authority(std::string_view text) {
  Authority read;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    read.host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
    if (!ipv6_bytes.spells(read.host)) return std::nullopt;
  } else {
    const std::size_t colon = text.find(':');
    read.host = text.substr(0, colon);
    if (colon != std::string_view::npos) rest = text.substr(colon);
    if (!name_bytes.spells(read.host)) return std::nullopt;
  }
  if (!rest.empty() && (rest.front() != ':' || !read_port(rest.substr(1), read.port)))
    return std::nullopt;
  return read;
}

std::string Url::authority() const {
  std::string out = host.find(':') == std::string::npos ? host : '[' + host + ']';
  if (port != (tls ? https_port : http_port)) out.append(":").append(std::to_string(port));
  return out;
}

std::string Url::text() const {
  return (tls ? "https://" : "http://") + authority() + target;
}

bool is_url(std::string_view text) {
  return text.find("://") != std::string_view::npos;
}

Result<Url> parse_url(std::string_view text) {
  std::string_view rest = text.substr(0, text.find('#'));
  const std::string_view scheme = take_scheme(rest);
  if (scheme.empty()) return invalid(text, "that is no http or https URL");
  Url url;
  url.tls = scheme == "https";

  const std::size_t path = rest.find_first_of("/?");
  const std::string_view authority = rest.substr(0, path);
  if (path != std::string_view::npos) url.target = rest.substr(path);
  if (url.target.starts_with('?')) url.target.insert(0, "/");
  if (authority.find('@') != std::string_view::npos) {
    return invalid(text, "a name and password cannot stand in it");
  }
  std::optional<Authority> where = parse_authority(authority);
  if (!where) return invalid(text, "there is no good host name or port in it");
  url.host = std::move(where->host);
  const std::uint16_t usual = url.tls ? https_port : http_port;
  url.port = where->port != 0 ? where->port : usual;
  if (!url.target.empty() && !target_bytes.spells(url.target)) {
    return invalid(text, "its path has bytes that must be written as %XX");
  }
  return url;
}

}  // namespace patchbay
