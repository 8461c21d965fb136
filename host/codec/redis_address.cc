// SPDX-License-Identifier: MIT
#include "codec/redis_address.h"

#include <charconv>
#include <optional>

#include "codec/http_grammar.h"
#include "codec/percent.h"
#include "codec/url.h"

namespace patchbay {
namespace {

constexpr std::string_view schemes[] = {"redis+unix://", "redis://", "rediss://", "unix:"};

Error invalid(std::string_view what) {
  std::string message = "the address of the Redis server is wrong: ";
  message.append(what);
  return {"redis_address_invalid", std::move(message),
          "write it as redis://127.0.0.1:6379/0, rediss:// for TLS, or unix:/run/redis/redis.sock"};
}

// "USER:PASSWORD", ":PASSWORD" or, as many write it, "PASSWORD" alone.
bool read_credentials(std::string_view text, RedisAddress& address) {
  const std::size_t colon = text.find(':');
  const std::string_view name = colon == std::string_view::npos ? "" : text.substr(0, colon);
  const std::string_view word = colon == std::string_view::npos ? text : text.substr(colon + 1);
  const auto user = percent_decoded(name);
  const auto password = percent_decoded(word);
  if (!user || !password) return false;
  address.user = *user;
  address.password = *password;
  return true;
}

bool read_database(std::string_view text, RedisAddress& address) {
  if (text.empty()) return true;
  const char* end = text.data() + text.size();
  const auto [stop, wrong] = std::from_chars(text.data(), end, address.database);
  return wrong == std::errc() && stop == end;
}

// "HOST", "HOST:PORT" or "[V6]:PORT": exactly what an http URL may have there.
bool read_place(std::string_view text, RedisAddress& address) {
  const Result<Url> url = parse_url("http://" + std::string(text) + "/");
  if (!url) return false;
  address.host = url->host;
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  if (has_port) address.port = url->port;
  return true;
}

}  // namespace

std::string RedisAddress::text() const {
  if (!socket.empty()) return "unix:" + socket;
  const std::string place = host.find(':') == std::string::npos ? host : '[' + host + ']';
  return (tls ? "rediss://" : "redis://") + place + ':' + std::to_string(port) + '/' +
         std::to_string(database);
}

Result<RedisAddress> parse_redis_address(std::string_view text) {
  std::string_view scheme;
  for (const std::string_view one : schemes) {
    if (scheme.empty() && text.starts_with(one)) scheme = one;
  }
  if (scheme.empty()) return invalid("it begins with no scheme of ours");
  RedisAddress address;
  address.tls = scheme == "rediss://";
  std::string_view rest = text.substr(scheme.size());
  if (scheme == "unix:") {
    if (!rest.starts_with('/')) return invalid("a socket needs its whole path");
    while (rest.starts_with("//")) rest.remove_prefix(1);  // unix:///path is meant so as well
    address.socket = rest;
    return address;
  }
  // The last '@': a password may have one that nobody has written as %40.
  const std::size_t at = rest.rfind('@');
  if (at != std::string_view::npos) {
    if (!read_credentials(rest.substr(0, at), address)) {
      return invalid("a % in its user or password is not followed by two hex digits");
    }
    rest.remove_prefix(at + 1);
  }
  if (scheme == "redis+unix://") {
    if (!rest.starts_with('/')) return invalid("a socket needs its whole path");
    address.socket = rest;
    return address;
  }
  const std::size_t slash = rest.find('/');
  if (!read_place(rest.substr(0, slash), address)) {
    return invalid("there is no good host name or port in it");
  }
  if (slash != std::string_view::npos && !read_database(rest.substr(slash + 1), address)) {
    return invalid("after the host stands the number of a database, or nothing");
  }
  return address;
}

}  // namespace patchbay
