// SPDX-License-Identifier: MIT
// The server's end of TLS on one non-blocking socket. It is spoken to as a socket is: recv and send
// that never wait and leave errno behind. The handshake happens inside of them. Knows nothing of
// HTTP, and does not own the socket.
//
// OpenSSL's object is for one thread at a time, but answers are written from any: a lock of its own
// stands around each call. Whoever calls may hold his own locks, for nothing is called from here.
#pragma once
#include <openssl/types.h>
#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "machine/tls_context.h"

namespace patchbay {

class TlsWire {
 public:
  enum class State : std::uint8_t {
    untouched,  // nothing has come
    greeting,   // the handshake has begun
    open,       // it is over, and bytes may follow
    broken,     // never to be used again
  };

  // The socket outlives it.
  TlsWire(const TlsContext& context, int socket);
  ~TlsWire();
  TlsWire(const TlsWire&) = delete;
  TlsWire& operator=(const TlsWire&) = delete;

  // As recv(2): how many bytes; 0: the peer has said that he sends no more, or closed; -1 and
  // EAGAIN: nothing for the moment, the socket says when to come again; -1 and another errno: it is
  // broken. Read until EAGAIN, since bytes may wait here and not in the socket. [any]
  ssize_t receive(std::span<char> into);
  // As send(2), MSG_NOSIGNAL. After EAGAIN the same bytes come again, perhaps elsewhere in memory,
  // perhaps more of them. Where the socket was readable meanwhile, try again too: during a
  // handshake a write may wait for that. [any]
  ssize_t send(std::string_view bytes);
  // Sends these few bytes sooner or later, before any that are sent after them. [any]
  void put_before(std::string_view bytes);
  // Will he send no more, as far as it has come? Takes nothing of what he says. [any]
  [[nodiscard]] bool is_left();
  // Tells him that no more will come. False: not yet, try again when the socket takes bytes. [any]
  bool finish();

  [[nodiscard]] State state() const { return state_.load(std::memory_order_relaxed); }  // [any]
  // It broke on a request that was no TLS at all: nothing was sent, and a plain answer is read.
  // [any]
  [[nodiscard]] bool met_plain_http() const;
  // Why it broke, for a log. [any]
  [[nodiscard]] std::string why() const;

 private:
  static void count_message(int writing, int version, int type, const void* bytes, std::size_t size,
                            SSL* ssl, void* wire);
  template <class Call>
  ssize_t attempt(Call call);
  void notice_progress();
  ssize_t fail(int code);
  bool give_first_bytes();

  int socket_;                  // never changes: OpenSSL keeps the address of this
  mutable std::mutex mutex_;    // guards all below
  SSL* const ssl_;              // owned; null where there was no memory
  std::string first_;           // bytes that go out before all others
  std::uint32_t messages_ = 0;  // of a handshake, that were received
  std::uint32_t late_ = 0;      // of these, after the handshake
  bool met_plain_http_ = false;
  std::string why_;
  std::atomic<State> state_{State::untouched};  // written under the lock
};

// The first bytes of a peer's TLS, where there is no room for him: an alert that needs no
// handshake.
std::string busy_alert();

}  // namespace patchbay
