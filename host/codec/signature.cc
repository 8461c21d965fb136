// SPDX-License-Identifier: MIT
#include "codec/signature.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace patchbay {
namespace {

// A pipeline's header is 80 bytes; the rest is room for a rotation and for items of later versions.
constexpr std::size_t longest_header = 1024;
constexpr std::size_t most_macs = 8;
// 12 digits reach the year 33658; 13 are milliseconds. No sum with `now` can overflow.
constexpr std::size_t most_digits = 12;

constexpr std::size_t mac_bytes = 32;
constexpr std::size_t mac_digits = 2 * mac_bytes;

void wipe(std::string& text) noexcept {
  // The whole buffer, not the text: a string that was moved from keeps its short bytes.
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view optional_space = " \t";  // RFC 9110 §5.6.3
  const std::size_t begin = text.find_first_not_of(optional_space);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(optional_space) - begin + 1);
}

Error malformed(std::string message) {
  return {
      "signature_malformed", std::move(message),
      "the header must read t=<unix seconds>,v1=<64 lower-case hex digits>; see whether a proxy "
      "rewrites it, or another product sends it"};
}

// What the header says, each part of good form; nothing of it is believed yet.
struct Claim {
  std::string_view timestamp;  // as sent: the MAC is over these very bytes (protocol §3.1)
  std::array<std::string_view, most_macs> macs;
  std::size_t mac_count = 0;
};

bool is_mac(std::string_view text) {
  return text.size() == mac_digits && std::all_of(text.begin(), text.end(), is_lower_hex);
}

// Splits "t=…,v1=…" in any order. Items of other names, or without '=', are passed over (§3.2).
Result<Claim> read_claim(std::string_view header) {
  Claim claim;
  std::size_t times = 0;
  std::size_t signatures = 0;
  for (bool last = false; !last;) {
    const std::size_t comma = header.find(',');
    last = comma == std::string_view::npos;
    const std::string_view item = trim(header.substr(0, comma));
    if (!last) header.remove_prefix(comma + 1);
    if (item.starts_with("t=")) {
      claim.timestamp = item.substr(2);
      ++times;
    } else if (item.starts_with("v1=")) {
      if (++signatures > most_macs) return malformed("the header has more than 8 v1 items");
      const std::string_view mac = item.substr(3);
      if (is_mac(mac)) claim.macs[claim.mac_count++] = mac;
    }
  }
  if (times == 0) return malformed("the header has no t");
  if (times > 1) {
    return Error{"signature_duplicate_timestamp", "the header has more than one t",
                 "a pipeline sends one: see whether a proxy joins two headers"};
  }
  if (signatures == 0) return malformed("the header has no v1");
  if (claim.mac_count == 0) return malformed("v1 is not 64 lower-case hex digits");
  return claim;
}

Result<Claim> check_form(std::string_view header) {
  header = trim(header);
  if (header.empty()) {
    return Error{"signature_missing",
                 "the request has no layercode-signature header, or an empty one",
                 "only the pipeline may call this route; to try it by hand, use patchbay call"};
  }
  if (header.size() > longest_header) return malformed("the header is longer than 1 KiB");
  const auto printable = [](char c) { return (c >= ' ' && c <= '~') || c == '\t'; };
  if (!std::all_of(header.begin(), header.end(), printable)) {
    return malformed("the header has bytes that are not printable ASCII");
  }
  return read_claim(header);
}

// Canonical decimal only: no sign, no leading zero, no fraction (§3.2).
Result<UnixSeconds> read_timestamp(std::string_view text) {
  const auto bad = [](std::string message) {
    return Error{"signature_bad_timestamp", std::move(message),
                 "t must be unix seconds in plain decimal digits, as the pipeline sends it"};
  };
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) {
    return bad("t is not a number in plain decimal digits");
  }
  if (text.front() == '0' && text.size() > 1) return bad("t has a leading zero");
  if (text.size() == most_digits + 1) return bad("t has 13 digits, as if it were milliseconds");
  if (text.size() > most_digits) return bad("t is too large to be unix seconds");
  std::int64_t seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return UnixSeconds{Seconds{seconds}};
}

Problem check_age(UnixSeconds signed_at, UnixSeconds now, Seconds window) {
  const Seconds age = now - signed_at;
  if (age <= window && -age <= window) return std::nullopt;
  const std::string limit = std::to_string(window.count()) + " s";
  if (age > window) {
    return Error{
        "signature_too_old",
        "t is " + std::to_string(age.count()) + " s old; at most " + limit + " are accepted",
        "check the clock of this machine; a recorded request cannot be sent again"};
  }
  return Error{"signature_in_future",
               "t is " + std::to_string(-age.count()) + " s in the future; at most " + limit +
                   " are accepted",
               "check the clock of this machine"};
}

using MacText = std::array<char, mac_digits>;

MacText in_hex(const std::array<unsigned char, mac_bytes>& mac) {
  constexpr std::string_view digits = "0123456789abcdef";
  MacText text{};
  for (std::size_t i = 0; i < mac.size(); ++i) {
    text[2 * i] = digits[mac[i] >> 4U];
    text[2 * i + 1] = digits[mac[i] & 0xFU];
  }
  return text;
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

using MacContext = std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)>;

// HMAC-SHA256 with that key; null where OpenSSL refuses.
MacContext keyed_with(const Secret& secret) {
  const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> algorithm(
      EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr), EVP_MAC_free);
  if (!algorithm) return {nullptr, EVP_MAC_CTX_free};
  MacContext context(EVP_MAC_CTX_new(algorithm.get()), EVP_MAC_CTX_free);
  std::string digest = "SHA256";
  const std::array<OSSL_PARAM, 2> parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_end()};
  const std::string_view key = secret.bytes();
  if (context && EVP_MAC_init(context.get(), bytes_of(key), key.size(), parameters.data()) != 1)
    context.reset();
  return context;
}

// The MAC of "timestamp.body" in hex; nothing where OpenSSL refuses. Eats the context.
std::optional<MacText> mac_of(MacContext context, std::string_view timestamp,
                              std::string_view body) {
  if (!context) return std::nullopt;
  std::array<unsigned char, mac_bytes> mac{};
  std::size_t length = 0;
  const bool done = EVP_MAC_update(context.get(), bytes_of(timestamp), timestamp.size()) == 1 &&
                    EVP_MAC_update(context.get(), bytes_of("."), 1) == 1 &&
                    EVP_MAC_update(context.get(), bytes_of(body), body.size()) == 1 &&
                    EVP_MAC_final(context.get(), mac.data(), &length, mac.size()) == 1 &&
                    length == mac.size();
  if (!done) return std::nullopt;
  const MacText text = in_hex(mac);
  OPENSSL_cleanse(mac.data(), mac.size());
  return text;
}

// Looks at every claimed MAC whatever the ones before it gave: time says nothing of which one
// matched.
bool claims(const Claim& claim, const MacText& mac) {
  bool found = false;
  for (std::size_t i = 0; i < claim.mac_count; ++i) {
    const bool same = CRYPTO_memcmp(claim.macs[i].data(), mac.data(), mac.size()) == 0;
    found = found || same;
  }
  return found;
}

Error unverifiable() {
  return {"signature_unverifiable", "OpenSSL has no HMAC-SHA256 on this machine",
          "check the OpenSSL configuration of this machine (providers, FIPS)"};
}

Error mismatch() {
  return {"signature_mismatch", "no v1 of the header is the MAC of this body with a known secret",
          "compare the secret with the one in the dashboard of the agent that calls this route; "
          "if they are the same, see whether a proxy rewrites the body"};
}

}  // namespace

Secret::Secret(std::string bytes) {
  bytes_.swap(bytes);
  wipe(bytes);
}

Secret::Secret(Secret&& other) noexcept {
  bytes_.swap(other.bytes_);
  wipe(other.bytes_);
}

Secret& Secret::operator=(const Secret& other) {
  if (this == &other) return *this;
  wipe(bytes_);
  bytes_ = other.bytes_;
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe(bytes_);
  bytes_.swap(other.bytes_);
  wipe(other.bytes_);
  return *this;
}

Secret::~Secret() {
  wipe(bytes_);
}

class SigningKeys::Keyed {
 public:
  explicit Keyed(MacContext context) : context_(std::move(context)) {}
  // For one message: what is made ready stays as it is, for whichever thread.
  [[nodiscard]] MacContext copy() const {
    return {EVP_MAC_CTX_dup(context_.get()), EVP_MAC_CTX_free};
  }

 private:
  MacContext context_;
};

SigningKeys::SigningKeys(std::span<const Secret> secrets) {
  std::vector<Keyed> keyed;
  for (const Secret& secret : secrets) {
    if (secret.empty()) continue;
    none_ = false;
    MacContext context = keyed_with(secret);
    if (!context) return;
    keyed.emplace_back(std::move(context));
  }
  keyed_ = std::make_shared<const std::vector<Keyed>>(std::move(keyed));
}

Problem verify_signature(std::string_view header, std::string_view body, const SigningKeys& keys,
                         UnixSeconds now, Seconds window) {
  if (keys.empty()) {
    return Error{"no_secret", "no webhook secret is configured, so nothing can be verified",
                 "set LAYERCODE_WEBHOOK_SECRET, or the secrets of this route"};
  }
  const Result<Claim> claim = check_form(header);
  if (!claim) return claim.error();
  const Result<UnixSeconds> signed_at = read_timestamp(claim->timestamp);
  if (!signed_at) return signed_at.error();
  if (Problem stale = check_age(*signed_at, now, window)) return stale;
  if (!keys.keyed_) return unverifiable();
  bool found = false;
  for (const SigningKeys::Keyed& keyed : *keys.keyed_) {
    std::optional<MacText> mac = mac_of(keyed.copy(), claim->timestamp, body);
    if (!mac) return unverifiable();
    const bool same = claims(*claim, *mac);
    found = found || same;
    OPENSSL_cleanse(mac->data(), mac->size());
  }
  if (found) return std::nullopt;
  return mismatch();
}

std::string sign(std::string_view body, const Secret& secret, UnixSeconds now) {
  const std::string timestamp = std::to_string(now.time_since_epoch().count());
  const std::optional<MacText> mac = mac_of(keyed_with(secret), timestamp, body);
  if (!mac) return {};
  return "t=" + timestamp + ",v1=" + std::string(mac->data(), mac->size());
}

}  // namespace patchbay
