// SPDX-License-Identifier: MIT
// A certificate and its key, read and found to belong together, and how this host speaks TLS with
// them: 1.2 and 1.3, forward secrecy only, HTTP/1.1, no renegotiation. Never changes: another pair
// is another context, and what was made of this one keeps it alive.
#pragma once
#include <openssl/types.h>

#include <filesystem>
#include <memory>
#include <string>

#include "ground/clock.h"
#include "ground/result.h"

namespace patchbay {

class TlsContext {
 public:
  // PEM: the host's certificate first, then those between it and its authority; the key of the
  // first, without a passphrase. The Error names the file, and the line where one can be named.
  // [control]
  static Result<std::shared_ptr<const TlsContext>> load(const std::filesystem::path& certificate,
                                                        const std::filesystem::path& key);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  [[nodiscard]] UnixSeconds expires() const { return expires_; }
  [[nodiscard]] const std::string& subject() const { return subject_; }  // eg: "CN=voice.example"
  // The same files, or copies of them, were read.
  [[nodiscard]] bool is_same_as(const TlsContext& other) const { return chain_ == other.chain_; }
  // For the wires, which live in this floor. OpenSSL locks what they share of it.
  [[nodiscard]] SSL_CTX* handle() const { return context_; }

 private:
  TlsContext(SSL_CTX* context, std::string chain);

  SSL_CTX* const context_;   // owned
  const std::string chain_;  // the text of the certificates
  UnixSeconds expires_{};
  std::string subject_;
};

}  // namespace patchbay
