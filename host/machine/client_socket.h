// SPDX-License-Identifier: MIT
// One connection to somebody else's server, plain or TLS, whose every wait has a deadline and ends
// at once when it is interrupted. Knows nothing of HTTP.
//
// Not cpp-httplib's client: its stop() finds no socket while it looks a name up or connects, so a
// barge-in there is lost; refused, timed out and cut off are one word there (Connection, Read); and
// its reader is as lax as the one that the strict front keeps from strangers.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "codec/url.h"
#include "ground/clock.h"
#include "ground/result.h"
#include "machine/interrupt.h"

namespace patchbay {

// Whose certificates are believed, beside those of the system's authorities and $SSL_CERT_FILE.
struct TlsTrust {
  std::string ca_file;     // PEM: these authorities too; empty: none
  bool everybody = false;  // nothing is verified
};

// Errors of all three: interrupted, timed_out, connection_lost; of connect() also no_such_host,
// connection_refused, unreachable, tls_failed, certificate_refused, no_ca_file. Dropping the socket
// closes it, and with it whatever the server was saying. One thread at a time.
class ClientSocket {
 public:
  // The server's certificate must be good for the URL's host, by whom `trust` says.
  static Result<std::unique_ptr<ClientSocket>> connect(const Url& url, Moment deadline,
                                                       const Interrupt& interrupt,
                                                       const TlsTrust& trust = {});
  // By a unix socket on this machine.
  static Result<std::unique_ptr<ClientSocket>> connect_local(const std::string& path,
                                                             Moment deadline,
                                                             const Interrupt& interrupt);
  virtual ~ClientSocket() = default;
  ClientSocket(const ClientSocket&) = delete;
  ClientSocket& operator=(const ClientSocket&) = delete;

  [[nodiscard]] virtual Problem send(std::string_view bytes, Moment deadline,
                                     const Interrupt& interrupt) = 0;
  // Waits for at least one byte; 0: the server has closed.
  virtual Result<std::size_t> receive(std::span<char> into, Moment deadline,
                                      const Interrupt& interrupt) = 0;

 protected:
  ClientSocket() = default;
};

}  // namespace patchbay
