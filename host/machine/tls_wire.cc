// SPDX-License-Identifier: MIT
#include "machine/tls_wire.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

namespace patchbay {
namespace {

// Messages beside data on an open wire: new keys, which nobody needs so often. Each costs us more
// than him, and a reactor must not be kept busy with them.
constexpr std::uint32_t most_late_messages = 64;

int descriptor_of(BIO* bio) {
  return *static_cast<const int*>(BIO_get_data(bio));
}

// OpenSSL's own socket writes without MSG_NOSIGNAL.
int write_socket(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  for (;;) {
    const ssize_t n = ::send(descriptor_of(bio), bytes, static_cast<std::size_t>(size),
                             MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) BIO_set_retry_write(bio);
    return static_cast<int>(n);
  }
}

int read_socket(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  for (;;) {
    const ssize_t n =
        ::recv(descriptor_of(bio), into, static_cast<std::size_t>(size), MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) BIO_set_retry_read(bio);
    if (n == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return static_cast<int>(n);
  }
}

long control_socket(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;  // nothing is kept back
}

struct FreeMethod {
  void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
};

const BIO_METHOD* socket_method() {
  static const std::unique_ptr<BIO_METHOD, FreeMethod> method = [] {
    std::unique_ptr<BIO_METHOD, FreeMethod> made(
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without signals"));
    BIO_meth_set_write(made.get(), &write_socket);
    BIO_meth_set_read(made.get(), &read_socket);
    BIO_meth_set_ctrl(made.get(), &control_socket);
    return made;
  }();
  return method.get();
}

bool is_plain_http(unsigned long error) {
  return ERR_GET_LIB(error) == ERR_LIB_SSL && (ERR_GET_REASON(error) == SSL_R_HTTP_REQUEST ||
                                               ERR_GET_REASON(error) == SSL_R_HTTPS_PROXY_REQUEST);
}

}  // namespace

TlsWire::TlsWire(const TlsContext& context, int socket)
    : socket_(socket), ssl_(SSL_new(context.handle())) {
  BIO* const bio = ssl_ != nullptr ? BIO_new(socket_method()) : nullptr;
  if (bio == nullptr) {
    why_ = "no memory";
    state_ = State::broken;
    return;
  }
  BIO_set_data(bio, &socket_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_accept_state(ssl_);
  SSL_set_msg_callback(ssl_, &count_message);
  // What SSL_set_msg_callback_arg does, without its C cast.
  SSL_ctrl(ssl_, SSL_CTRL_SET_MSG_CALLBACK_ARG, 0, this);
}

TlsWire::~TlsWire() {
  SSL_free(ssl_);
}

// Inside of a call, under its lock.
void TlsWire::count_message(int writing, int /*version*/, int type, const void* /*bytes*/,
                            std::size_t /*size*/, SSL* /*ssl*/, void* wire) {
  auto& self = *static_cast<TlsWire*>(wire);
  if (writing != 0 || type != SSL3_RT_HANDSHAKE) return;
  ++self.messages_;
  if (self.state_ == State::open) ++self.late_;
}

// One call of OpenSSL that gives its result and how many bytes, again as long as it only came back
// to be counted.
template <class Call>
ssize_t TlsWire::attempt(Call call) {
  for (;;) {
    if (state_ == State::broken) return fail(EPROTO);
    const std::uint32_t before = messages_;
    std::size_t count = 0;
    ERR_clear_error();
    errno = 0;
    const int result = call(&count);
    const int system_error = errno;
    const int outcome = SSL_get_error(ssl_, result);
    notice_progress();
    if (late_ > most_late_messages) {
      why_ = "too many messages beside data";
      return fail(EPROTO);
    }
    if (result == 1) return static_cast<ssize_t>(count);
    if (outcome == SSL_ERROR_WANT_READ && messages_ != before) continue;
    if (outcome == SSL_ERROR_WANT_READ || outcome == SSL_ERROR_WANT_WRITE) {
      errno = EAGAIN;
      return -1;
    }
    if (outcome == SSL_ERROR_ZERO_RETURN) return 0;
    return fail(outcome == SSL_ERROR_SYSCALL && system_error != 0 ? system_error : EPROTO);
  }
}

// New keys put OpenSSL back into its handshake for a moment, but not us.
void TlsWire::notice_progress() {
  if (state_ == State::open) return;
  if (SSL_is_init_finished(ssl_) != 0) {
    state_ = State::open;
  } else if (BIO_number_read(SSL_get_rbio(ssl_)) > 0) {
    state_ = State::greeting;
  }
}

ssize_t TlsWire::fail(int code) {
  const unsigned long error = ERR_peek_error();
  if (why_.empty()) {
    met_plain_http_ = state_ != State::open && is_plain_http(error);
    const char* const reason = ERR_reason_error_string(error);
    why_ = reason != nullptr ? reason : std::generic_category().message(code);
  }
  ERR_clear_error();
  state_ = State::broken;
  errno = code;
  return -1;
}

ssize_t TlsWire::receive(std::span<char> into) {
  const std::lock_guard lock(mutex_);
  if (!first_.empty()) give_first_bytes();
  return attempt([&](std::size_t* n) { return SSL_read_ex(ssl_, into.data(), into.size(), n); });
}

ssize_t TlsWire::send(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (!first_.empty() && !give_first_bytes()) return -1;
  const ssize_t n = attempt(
      [&](std::size_t* taken) { return SSL_write_ex(ssl_, bytes.data(), bytes.size(), taken); });
  if (n != 0) return n;
  errno = EPIPE;
  return -1;
}

void TlsWire::put_before(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  first_.append(bytes);
  give_first_bytes();
}

// True where all of them are gone; else errno says why not.
bool TlsWire::give_first_bytes() {
  while (!first_.empty()) {
    const ssize_t n = attempt([&](std::size_t* taken) {
      return SSL_write_ex(ssl_, first_.data(), first_.size(), taken);
    });
    if (n <= 0) return false;
    first_.erase(0, static_cast<std::size_t>(n));
  }
  first_ = std::string();
  return true;
}

bool TlsWire::is_left() {
  const std::lock_guard lock(mutex_);
  char byte = 0;
  const ssize_t n = attempt([&](std::size_t* seen) { return SSL_peek_ex(ssl_, &byte, 1, seen); });
  return n == 0 || (n < 0 && errno != EAGAIN);
}

bool TlsWire::finish() {
  const std::lock_guard lock(mutex_);
  if (state_ != State::open) return true;
  if (!first_.empty() && !give_first_bytes()) return errno != EAGAIN;
  ERR_clear_error();
  const int result = SSL_shutdown(ssl_);
  const bool is_blocked = result < 0 && SSL_get_error(ssl_, result) == SSL_ERROR_WANT_WRITE;
  ERR_clear_error();
  return !is_blocked;
}

bool TlsWire::met_plain_http() const {
  const std::lock_guard lock(mutex_);
  return met_plain_http_;
}

std::string TlsWire::why() const {
  const std::lock_guard lock(mutex_);
  return why_;
}

std::string busy_alert() {
  // A record (21: alert) of TLS 1.2's number, 2 bytes long: fatal (2), internal_error (80).
  return {"\x15\x03\x03\x00\x02\x02\x50", 7};
}

}  // namespace patchbay
