// SPDX-License-Identifier: MIT
#include "machine/tls_context.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>
#include <string_view>
#include <utility>

#include "machine/files.h"

namespace patchbay {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_file = std::size_t{1024} * 1024;  // bytes of PEM
// Of TLS 1.2: those that TLS 1.3 kept the like of. Its own it chooses itself.
constexpr const char* ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

// Why OpenSSL refused last, in its own words.
std::string reason() {
  const char* const said = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return said != nullptr ? said : "OpenSSL does not say why";
}

bool is_end_of_file() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

// A text that is wiped when it is no longer needed.
struct SecretText {
  std::string text;

  explicit SecretText(std::string bytes) : text(std::move(bytes)) {}
  ~SecretText() { OPENSSL_cleanse(text.data(), text.size()); }
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
};

Owned<BIO> reader_of(const std::string& text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// OpenSSL would ask at the terminal. `asked` is a bool.
int give_no_passphrase(char* /*into*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

// Where the block begins that `left` bytes before the end of the text had not been read: its line.
std::size_t line_of_block(const std::string& text, std::size_t left) {
  const std::size_t block = text.find("-----BEGIN", text.size() - left);
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(block, text.size()));
  return 1 + static_cast<std::size_t>(std::count(text.begin(), end, '\n'));
}

Problem add_certificate(SSL_CTX& context, X509& certificate, bool is_first) {
  if (is_first ? SSL_CTX_use_certificate(&context, &certificate) == 1
               : SSL_CTX_add1_chain_cert(&context, &certificate) == 1)
    return std::nullopt;
  return Error{"bad_certificate", reason(), "ask your authority for another"};
}

// All certificates of the text, in its order.
Problem add_chain(SSL_CTX& context, const fs::path& file, const std::string& text) {
  const Owned<BIO> reader = reader_of(text);
  int count = 0;
  for (;; ++count) {
    const std::size_t left = BIO_ctrl_pending(reader.get());
    bool asked = false;
    ERR_clear_error();
    const Owned<X509> one(PEM_read_bio_X509(reader.get(), nullptr, &give_no_passphrase, &asked));
    if (!one && is_end_of_file()) break;
    Problem wrong;
    if (!one) wrong = Error{"bad_certificate", reason(), "copy the whole file once more"};
    if (one) wrong = add_certificate(context, *one, count == 0);
    if (!wrong) continue;
    wrong->message = fmt::format("{}:{}: this certificate is not good: {}", file.string(),
                                 line_of_block(text, left), wrong->message);
    return wrong;
  }
  ERR_clear_error();
  if (count > 0) return std::nullopt;
  return Error{"no_certificate", fmt::format("there is no certificate in {}", file.string()),
               "it wants PEM: -----BEGIN CERTIFICATE-----, the host's own first"};
}

Problem add_key(SSL_CTX& context, const fs::path& file, const std::string& text,
                const fs::path& certificate) {
  const Owned<BIO> reader = reader_of(text);
  bool asked = false;
  ERR_clear_error();
  const Owned<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(reader.get(), nullptr, &give_no_passphrase, &asked));
  if (asked)
    return Error{"bad_tls_key", fmt::format("the key in {} wants a passphrase", file.string()),
                 "give it without one: openssl pkey -in FILE -out OTHER"};
  if (!key)
    return Error{"bad_tls_key",
                 fmt::format("there is no private key in {}: {}", file.string(), reason()),
                 "it wants PEM: -----BEGIN PRIVATE KEY-----"};
  if (SSL_CTX_use_PrivateKey(&context, key.get()) == 1 && SSL_CTX_check_private_key(&context) == 1)
    return std::nullopt;
  ERR_clear_error();
  return Error{"tls_key_mismatch",
               fmt::format("the key in {} is not that of the first certificate in {}",
                           file.string(), certificate.string()),
               "name the two files that were issued together, the host's own certificate first"};
}

// Of the protocols that a client offers: the one we speak. Who offers only others is told so.
int choose_protocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void* /*nothing*/) {
  static constexpr std::string_view ours = "\x08http/1.1";
  unsigned char* found = nullptr;
  const int outcome =
      SSL_select_next_proto(&found, size, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned int>(ours.size()), offered, offered_size);
  *chosen = found;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

Owned<SSL_CTX> new_context() {
  Owned<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
  if (!context) return context;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // Who closes without a farewell has closed: HTTP's own framing tells whether anything is missing.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_cipher_list(context.get(), ciphers);
  // What a stream has queued moves in memory, and is taken a record at a time. Without retries of
  // its own OpenSSL comes back after each message, so that a wire can count them.
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_clear_mode(context.get(), SSL_MODE_AUTO_RETRY);
  // Tickets, which clients keep, are the only memory of sessions.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context.get(), &choose_protocol, nullptr);
  return context;
}

UnixSeconds expiry_of(const X509& certificate) {
  std::tm time{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &time) != 1) return {};
  return UnixSeconds(Seconds(::timegm(&time)));
}

std::string subject_of(const X509& certificate) {
  const Owned<BIO> text(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(text.get(), X509_get_subject_name(&certificate), 0, XN_FLAG_ONELINE);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(text.get(), &bytes);
  return {bytes, static_cast<std::size_t>(std::max(size, 0L))};
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const fs::path& certificate,
                                                           const fs::path& key) {
  Result<std::string> chain = read_file(certificate, longest_file);
  if (!chain) return std::move(chain).error();
  Result<std::string> read = read_file(key, longest_file);
  if (!read) return std::move(read).error();
  const SecretText secret(*std::move(read));
  Owned<SSL_CTX> context = new_context();
  if (!context) return Error{"no_tls", "OpenSSL cannot be used: " + reason(), ""};
  if (Problem wrong = add_chain(*context, certificate, *chain)) return *std::move(wrong);
  if (Problem wrong = add_key(*context, key, secret.text, certificate)) return *std::move(wrong);
  return std::shared_ptr<const TlsContext>(new TlsContext(context.release(), *std::move(chain)));
}

TlsContext::TlsContext(SSL_CTX* context, std::string chain)
    : context_(context), chain_(std::move(chain)) {
  const X509& certificate = *SSL_CTX_get0_certificate(context_);
  expires_ = expiry_of(certificate);
  subject_ = subject_of(certificate);
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

}  // namespace patchbay
