// SPDX-License-Identifier: MIT
// Did the pipeline sign this body with one of our secrets, and recently? Knows nothing of HTTP:
// it is given the raw bytes of one header value and of the body.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ground/clock.h"
#include "ground/result.h"

namespace patchbay {

// A webhook secret. There is no way to print it; its memory is wiped when it goes.
class Secret {
 public:
  explicit Secret(std::string bytes);
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept;  // leaves the other empty, its bytes wiped
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  // The key of the MAC. Never log it.
  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Secrets as OpenSSL wants them, made ready once: to look its algorithm up by name and to key it
// takes longer than to hash a usual body. May be used by several threads at once.
class SigningKeys {
 public:
  SigningKeys() = default;
  // An empty secret matches nothing, and is left out.
  explicit SigningKeys(std::span<const Secret> secrets);

  [[nodiscard]] bool empty() const { return none_; }

 private:
  friend Problem verify_signature(std::string_view header, std::string_view body,
                                  const SigningKeys& keys, UnixSeconds now, Seconds window);
  class Keyed;  // its memory is wiped when it goes
  bool none_ = true;
  std::shared_ptr<const std::vector<Keyed>> keyed_;  // null where OpenSSL fails
};

// 300 s each way, inclusive: the window that Layercode recommends.
inline constexpr Seconds signature_window{300};

// `header` is the raw value of layercode-signature: "t=<unix seconds>,v1=<64 lower-case hex>".
// Compares in constant time; any v1 against any key may match (rotation). The verdict follows
// the column "ours" of the protocol notes; the Error's code names the reason, for the log, never
// for the caller: no_secret, signature_missing, signature_malformed, signature_duplicate_timestamp,
// signature_bad_timestamp, signature_too_old, signature_in_future, signature_mismatch, or
// signature_unverifiable where OpenSSL fails. They are judged in that order: form and age cost
// nothing and depend on no secret, so a stale or broken header is refused before the body is
// hashed.  [any]
[[nodiscard]] Problem verify_signature(std::string_view header, std::string_view body,
                                       const SigningKeys& keys, UnixSeconds now,
                                       Seconds window = signature_window);

// The header value that a pipeline would send: for `patchbay call` and for tests. Empty where
// OpenSSL fails.
std::string sign(std::string_view body, const Secret& secret, UnixSeconds now);

}  // namespace patchbay
