// SPDX-License-Identifier: MIT
#include "machine/client_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "machine/descriptor.h"
#include "machine/lookup.h"

namespace patchbay {
namespace {

std::string said(int error) {
  return std::generic_category().message(error);
}

Error lost(int error) {
  return {"connection_lost", "the connection broke: " + said(error), ""};
}

// Ready, or why not.
Problem await(int socket, short events, Moment deadline, const Interrupt& interrupt) {
  switch (wait_for(socket, events, deadline, interrupt)) {
    case Woken::ready:
      return std::nullopt;
    case Woken::timed_out:
      return Error{"timed_out", "the server is silent", ""};
    case Woken::interrupted:
      break;
  }
  return Error{"interrupted", "interrupted", ""};
}

// `place` is for messages, eg: "agents.example:8080".
Error not_connected(const std::string& place, int error) {
  if (error == ECONNREFUSED) {
    return {"connection_refused", place + " refuses connections", ""};
  }
  return {"unreachable", "cannot reach " + place + ": " + said(error),
          "check the address and the network"};
}

Result<Descriptor> connect_to(const std::string& place, const SocketAddress& address,
                              Moment deadline, const Interrupt& interrupt) {
  Descriptor socket(
      ::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return not_connected(place, errno);
  const int yes = 1;  // a unix socket has no such option, and no such delay
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  const auto* name = reinterpret_cast<const sockaddr*>(&address.bytes);
  if (::connect(socket.get(), name, address.size) == 0) return socket;
  if (errno != EINPROGRESS) return not_connected(place, errno);
  if (Problem wrong = await(socket.get(), POLLOUT, deadline, interrupt)) {
    if (wrong->code == "timed_out") return not_connected(place, ETIMEDOUT);
    return *std::move(wrong);
  }
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return not_connected(place, error);
  return socket;
}

// Tries one address after the other, each for its share of the time.
Result<Descriptor> connect_any(const Url& url, Moment deadline, const Interrupt& interrupt) {
  const auto addresses = look_up(url.host, url.port, deadline, interrupt);
  if (!addresses) return addresses.error();
  Error first_failure;
  for (std::size_t i = 0; i < addresses->size(); ++i) {
    const Moment now = Clock::now();
    const auto share = (deadline - now) / static_cast<int>(addresses->size() - i);
    Result<Descriptor> socket =
        connect_to(url.authority(), (*addresses)[i], now + share, interrupt);
    if (socket || socket.error().code == "interrupted") return socket;
    if (i == 0) first_failure = std::move(socket).error();
  }
  return first_failure;
}

class PlainSocket : public ClientSocket {
 public:
  explicit PlainSocket(Descriptor socket) : socket_(std::move(socket)) {}

  Problem send(std::string_view bytes, Moment deadline, const Interrupt& interrupt) override {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno != EAGAIN && errno != EINTR) {
        return lost(errno);
      } else if (Problem wrong = await(socket_.get(), POLLOUT, deadline, interrupt)) {
        return wrong;
      }
    }
    return std::nullopt;
  }

  Result<std::size_t> receive(std::span<char> into, Moment deadline,
                              const Interrupt& interrupt) override {
    for (;;) {
      if (Problem wrong = await(socket_.get(), POLLIN, deadline, interrupt)) {
        return *std::move(wrong);
      }
      const ssize_t size = ::recv(socket_.get(), into.data(), into.size(), 0);
      if (size >= 0) return static_cast<std::size_t>(size);
      if (errno != EAGAIN && errno != EINTR) return lost(errno);
    }
  }

 private:
  Descriptor socket_;
};

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

class TlsSocket : public ClientSocket {
 public:
  explicit TlsSocket(Descriptor socket) : socket_(std::move(socket)) {}

  [[nodiscard]] Problem shake_hands(const Url& url, const TlsTrust& trust, Moment deadline,
                                    const Interrupt& interrupt) {
    if (Problem wrong = prepare(url, trust)) return wrong;
    for (;;) {
      ERR_clear_error();
      const int result = SSL_connect(ssl_.get());
      if (result == 1) return std::nullopt;
      if (Problem wrong = settle(result, deadline, interrupt)) return wrong;
    }
  }

  Problem send(std::string_view bytes, Moment deadline, const Interrupt& interrupt) override {
    while (!bytes.empty()) {
      std::size_t sent = 0;
      ERR_clear_error();
      const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
      if (result == 1) {
        bytes.remove_prefix(sent);
      } else if (Problem wrong = settle(result, deadline, interrupt)) {
        return wrong;
      }
    }
    return std::nullopt;
  }

  Result<std::size_t> receive(std::span<char> into, Moment deadline,
                              const Interrupt& interrupt) override {
    for (;;) {
      if (interrupt.raised()) return Error{"interrupted", "interrupted", ""};
      std::size_t size = 0;
      ERR_clear_error();
      const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &size);
      if (result == 1) return size;
      if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
      if (Problem wrong = settle(result, deadline, interrupt)) return *std::move(wrong);
    }
  }

 private:
  [[nodiscard]] Problem prepare(const Url& url, const TlsTrust& trust) {
    ERR_clear_error();
    context_.reset(SSL_CTX_new(TLS_client_method()));
    if (!context_) return failed();
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
    SSL_CTX_set_default_verify_paths(context_.get());
    if (!trust.ca_file.empty() &&
        SSL_CTX_load_verify_file(context_.get(), trust.ca_file.c_str()) != 1)
      return Error{"no_ca_file", "there is no certificate to be read in " + trust.ca_file,
                   "it wants PEM: -----BEGIN CERTIFICATE-----"};
    SSL_CTX_set_verify(context_.get(), trust.everybody ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
                       nullptr);
    // Many servers just close. HTTP's own framing tells whether anything is missing.
    SSL_CTX_set_options(context_.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
    ssl_.reset(SSL_new(context_.get()));
    if (!ssl_ || SSL_set_fd(ssl_.get(), socket_.get()) != 1) return failed();
    // An address is looked for among the certificate's addresses, a name among its names.
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), url.host.c_str()) != 1) {
      ERR_clear_error();
      if (SSL_set1_host(ssl_.get(), url.host.c_str()) != 1) return failed();
      // What SSL_set_tlsext_host_name does, without its C cast.
      SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(url.host.c_str()));
    }
    return std::nullopt;
  }

  // Waits for what OpenSSL wants; else the Error.
  Problem settle(int result, Moment deadline, const Interrupt& interrupt) {
    const int system_error = errno;
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return await(socket_.get(), POLLIN, deadline, interrupt);
      case SSL_ERROR_WANT_WRITE:
        return await(socket_.get(), POLLOUT, deadline, interrupt);
      case SSL_ERROR_SYSCALL:
        return lost(system_error != 0 ? system_error : ECONNRESET);
      default:
        return failed();
    }
  }

  [[nodiscard]] Error failed() const {
    const long verdict = ssl_ ? SSL_get_verify_result(ssl_.get()) : X509_V_OK;
    if (verdict != X509_V_OK) {
      return {"certificate_refused",
              std::string("the server's certificate is not good: ") +
                  X509_verify_cert_error_string(verdict),
              "for one that you made yourself, set SSL_CERT_FILE to its authority (patchbay call "
              "takes --ca FILE)"};
    }
    const char* reason = ERR_reason_error_string(ERR_peek_error());
    return {"tls_failed", std::string("TLS failed: ") + (reason != nullptr ? reason : "no reason"),
            "is there an https server at that port?"};
  }

  Descriptor socket_;
  std::unique_ptr<SSL_CTX, FreeSsl> context_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
};

}  // namespace

Result<std::unique_ptr<ClientSocket>> ClientSocket::connect(const Url& url, Moment deadline,
                                                            const Interrupt& interrupt,
                                                            const TlsTrust& trust) {
  Result<Descriptor> socket = connect_any(url, deadline, interrupt);
  if (!socket) return std::move(socket).error();
  if (!url.tls) return std::unique_ptr<ClientSocket>(new PlainSocket(*std::move(socket)));
  auto tls = std::make_unique<TlsSocket>(*std::move(socket));
  if (Problem wrong = tls->shake_hands(url, trust, deadline, interrupt)) return *std::move(wrong);
  return std::unique_ptr<ClientSocket>(std::move(tls));
}

Result<std::unique_ptr<ClientSocket>> ClientSocket::connect_local(const std::string& path,
                                                                  Moment deadline,
                                                                  const Interrupt& interrupt) {
  SocketAddress address;
  sockaddr_un name{};
  if (path.size() >= sizeof name.sun_path) return not_connected(path, ENAMETOOLONG);
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, path.size());
  std::memcpy(&address.bytes, &name, sizeof name);
  address.size = sizeof name;
  Result<Descriptor> socket = connect_to(path, address, deadline, interrupt);
  if (!socket) return std::move(socket).error();
  return std::unique_ptr<ClientSocket>(new PlainSocket(*std::move(socket)));
}

}  // namespace patchbay
