// SPDX-License-Identifier: MIT
#include "support/line_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <csignal>
#include <cstdlib>

#include "support/temp_dir.h"
#include "support/throwaway_certificate.h"

namespace patchbay::test {

bool is_over_tls() {
  return std::getenv("PATCHBAY_TEST_TLS") != nullptr;
}

std::vector<std::string> tls_flags() {
  if (!is_over_tls()) return {};
  static const TempDir place;
  static const bool made = [] {
    const PemPair pair = throwaway_pair();
    write_text(place.of("cert.pem"), pair.certificate);
    write_text(place.of("key.pem"), pair.key);
    return true;
  }();
  static_cast<void>(made);
  return {"--tls-cert", place.of("cert.pem"), "--tls-key", place.of("key.pem")};
}

struct LineTls::Ends {
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{SSL_CTX_new(TLS_client_method()),
                                                            &SSL_CTX_free};
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl{SSL_new(context.get()), &SSL_free};
};

LineTls::LineTls(int socket) : ends_(std::make_unique<Ends>()) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  SSL_set_fd(ends_->ssl.get(), socket);
  SSL_connect(ends_->ssl.get());  // where it fails, so does all that follows, as on a lost line
}

LineTls::~LineTls() = default;

long LineTls::send(std::string_view bytes) {
  ERR_clear_error();
  return SSL_write(ends_->ssl.get(), bytes.data(), static_cast<int>(bytes.size()));
}

long LineTls::receive(char* into, std::size_t size) {
  ERR_clear_error();
  return SSL_read(ends_->ssl.get(), into, static_cast<int>(size));
}

bool LineTls::has_some() const {
  return SSL_pending(ends_->ssl.get()) > 0;
}

std::string LineTls::certificate() const {
  const X509* const certificate = SSL_get0_peer_certificate(ends_->ssl.get());
  if (certificate == nullptr) return {};
  BIO* const text = BIO_new(BIO_s_mem());
  X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, XN_FLAG_ONELINE);
  return text_of(text);
}

void LineTls::say_farewell() {
  ERR_clear_error();
  SSL_shutdown(ends_->ssl.get());
}

}  // namespace patchbay::test
