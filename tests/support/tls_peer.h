// SPDX-License-Identifier: MIT
// The client's end of TLS without a socket: what it would send is taken out, what it would receive
// is put in, in whatever pieces a test wants. Believes every certificate.
#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace patchbay::test {

class TlsPeer {
 public:
  // `protocols`: ALPN, as it goes over the wire; empty: none.
  explicit TlsPeer(int version = TLS1_3_VERSION, std::string_view protocols = {})
      : context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free),
        ssl_(SSL_new(context_.get()), &SSL_free) {
    SSL_set_security_level(ssl_.get(), 0);  // to speak what is old
    SSL_set_min_proto_version(ssl_.get(), version);
    SSL_set_max_proto_version(ssl_.get(), version);
    if (!protocols.empty())
      SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                          static_cast<unsigned int>(protocols.size()));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_.get());
  }

  // Goes on with the handshake as far as it can; true when it is over.
  bool greet() {
    ERR_clear_error();
    return SSL_do_handshake(ssl_.get()) == 1;
  }
  void say(std::string_view text) {
    SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
  }
  void say_farewell() { SSL_shutdown(ssl_.get()); }
  void change_keys() {
    SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED);
    SSL_do_handshake(ssl_.get());
  }

  // Of TLS 1.2.
  void begin_anew() {
    SSL_renegotiate(ssl_.get());
    SSL_do_handshake(ssl_.get());
  }
  // Why the last call of greet() went wrong.
  [[nodiscard]] static std::string error() {
    const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason != nullptr ? reason : "";
  }

  // What is to be sent.
  std::string take() {
    std::string bytes;
    std::array<char, 4096> some{};
    for (int n = 0; (n = BIO_read(SSL_get_wbio(ssl_.get()), some.data(), some.size())) > 0;)
      bytes.append(some.data(), static_cast<std::size_t>(n));
    return bytes;
  }
  // What was received.
  void put(std::string_view bytes) {
    BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
  }
  // What it said.
  std::string heard() {
    std::string text;
    std::array<char, 4096> some{};
    ERR_clear_error();
    for (int n = 0; (n = SSL_read(ssl_.get(), some.data(), some.size())) > 0;)
      text.append(some.data(), static_cast<std::size_t>(n));
    return text;
  }
  [[nodiscard]] bool heard_farewell() const {
    return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  }
  [[nodiscard]] std::string version() const { return SSL_get_version(ssl_.get()); }
  [[nodiscard]] std::string protocol() const {
    const unsigned char* chosen = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &chosen, &size);
    return {reinterpret_cast<const char*>(chosen), size};
  }

 private:
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
};

}  // namespace patchbay::test
