// SPDX-License-Identifier: MIT
// Signs webhooks as Layercode does: "t=…,v1=…", HMAC-SHA256 over "t.body" (protocol §3). The key is
// taken in once, so that a signature costs the hashing of its bytes and no more.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's

namespace patchbay::bench {

class Signer {
 public:
  explicit Signer(
      std::string_view secret);  // throws std::runtime_error where OpenSSL has no SHA-256

  // Appends the value of the header layercode-signature for that body, signed at that Unix time.
  void append(std::string& out, std::string_view body, std::int64_t unix_time);

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  using Context = std::unique_ptr<evp_md_ctx_st, Free>;
  static Context padded(const std::string& key, char pad);

  Context inner_;  // has taken in the key, once for the bytes…
  Context outer_;  // …and once for their hash
  Context work_;
};

}  // namespace patchbay::bench
