// SPDX-License-Identifier: MIT
#include "signer.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <iterator>
#include <stdexcept>

namespace patchbay::bench {
namespace {

constexpr std::size_t block = 64;  // bytes, of SHA-256
using Hash = std::array<unsigned char, 32>;

void need(bool done) {
  if (!done) throw std::runtime_error("OpenSSL does not hash");
}

Hash finish(EVP_MD_CTX* context) {
  Hash hash{};
  need(EVP_DigestFinal_ex(context, hash.data(), nullptr) == 1);
  return hash;
}

}  // namespace

void Signer::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Signer::Context Signer::padded(const std::string& key, char pad) {
  std::string bytes(block, pad);
  for (std::size_t i = 0; i < key.size(); ++i) bytes[i] = static_cast<char>(key[i] ^ pad);
  Context context(EVP_MD_CTX_new());
  need(context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1 &&
       EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1);
  return context;
}

Signer::Signer(std::string_view secret) : work_(EVP_MD_CTX_new()) {
  std::string key(secret);
  if (key.size() > block) {
    Hash hash{};
    need(EVP_Digest(secret.data(), secret.size(), hash.data(), nullptr, EVP_sha256(), nullptr) ==
         1);
    key.assign(reinterpret_cast<const char*>(hash.data()), hash.size());
  }
  inner_ = padded(key, 0x36);
  outer_ = padded(key, 0x5c);
}

void Signer::append(std::string& out, std::string_view body, std::int64_t unix_time) {
  fmt::format_to(std::back_inserter(out), "t={},v1=", unix_time);
  std::array<char, 24> time{};
  const auto end = fmt::format_to_n(time.data(), time.size(), "{}.", unix_time).out;
  need(EVP_MD_CTX_copy_ex(work_.get(), inner_.get()) == 1 &&
       EVP_DigestUpdate(work_.get(), time.data(), static_cast<std::size_t>(end - time.data())) ==
           1 &&
       EVP_DigestUpdate(work_.get(), body.data(), body.size()) == 1);
  const Hash inner = finish(work_.get());
  need(EVP_MD_CTX_copy_ex(work_.get(), outer_.get()) == 1 &&
       EVP_DigestUpdate(work_.get(), inner.data(), inner.size()) == 1);
  constexpr std::string_view digits = "0123456789abcdef";
  for (const unsigned char byte : finish(work_.get())) {
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
}

}  // namespace patchbay::bench
