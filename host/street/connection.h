// SPDX-License-Identifier: MIT
// One socket and the requests that come over it, one after the other: reads, hands over, waits for
// the answer, reads on. Knows neither epoll nor the clock: its reactor tells it what happened, and
// it says in which state that left it. [reactor]
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "codec/http_request.h"
#include "ground/budget.h"
#include "ground/clock.h"
#include "ground/log.h"
#include "ground/result.h"
#include "machine/descriptor.h"
#include "machine/exchange.h"
#include "machine/tls_identity.h"
#include "machine/tls_wire.h"
#include "street/engine.h"
#include "street/inbox.h"

namespace patchbay {

struct StreetLimits {
  HttpLimits http;
  std::size_t max_connections = 10'000;   // beyond it: 503
  std::size_t stream_buffer = 64 * 1024;  // bytes that may wait in a stream
  Milliseconds request_timeout{10'000};   // from the first byte of a request to its last: 408
  Milliseconds idle_timeout{75'000};      // between requests; proxies close theirs after 60 s
  Milliseconds gather_time{1};            // see Stream::Setup::gather
  Milliseconds write_timeout{30'000};     // a reader who takes nothing for so long is gone
  Milliseconds linger_timeout{1'000};     // for a peer to read why he was refused
  // What all bodies may hold from the moment they are larger than `small_body` to the end of the
  // last turn that reads them; beyond it: 503.
  std::shared_ptr<Budget> bodies = std::make_shared<Budget>(std::size_t{256} * 1024 * 1024);
  std::shared_ptr<const TlsIdentity> tls;  // null: connections are plain
};

// Bytes. A body up to that is read whole before anybody looks at its request, and is not counted:
// it is no more than the head may be, of which no connection has more than one either.
inline constexpr std::size_t small_body = std::size_t{16} * 1024;

class Connection {
 public:
  enum class State : std::uint8_t {
    idle,       // between requests
    receiving,  // a request, or a TLS handshake, has begun and is not complete
    serving,    // a stream is open
    gathering,  // the same, and for a moment it holds back what more may follow
    lingering,  // the last answer is written; whatever still comes is thrown away, lest a reset
                // destroys that answer before it was read
    closed,     // nothing left but to destroy it
  };

  // What the connections of one reactor share.
  struct Place {
    Engine& engine;
    const StreetLimits& limits;
    const std::atomic<bool>& draining;  // every answer is the last of its connection
    std::shared_ptr<Inbox> inbox;       // hears of streams that are finished
    Log& log;                           // hears of requests that were refused
    std::array<char, 16 * 1024> bytes;  // read, and eaten before the next connection reads
    std::int64_t crowded_out = 0;       // bodies for which there was no room, not yet told of
  };

  Connection(Place& place, Token token, Arrival arrival);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Each of these does all that can be done without waiting.
  void notice(std::uint32_t events);      // what epoll says of the socket
  void come_by();                         // its stream asks for it
  void advance();                         // it is hungry
  void time_out();                        // it was too long in its state
  void turn_away(std::string_view busy);  // it is one too many: this is its only answer
  void close();                           // whoever answers learns that nobody listens any more

  [[nodiscard]] Token token() const { return token_; }
  [[nodiscard]] State state() const { return state_; }
  // Counts entries into a state, also into the same one: each starts its time anew.
  [[nodiscard]] std::uint32_t entries() const { return entries_; }
  // It stopped because others must get their turn, and not because there was nothing to do.
  [[nodiscard]] bool is_hungry() const { return hungry_; }

 private:
  void enter(State state);
  ssize_t receive();
  void follow_handshake();
  bool take_bytes();
  void lose_wire();
  void say_farewell();
  void eat(std::string_view bytes);
  void serve();
  bool make_room();
  void refuse(int status, const Error& error);
  void refuse(const HttpResponse& response);
  void open_stream(bool keep_alive, bool chunked, bool head_only);
  bool end_answer();
  bool linger();

  Place& place_;
  const Token token_;
  Descriptor socket_;
  std::unique_ptr<TlsWire> wire_;  // null where the socket is plain
  const Peer peer_;
  HttpRequestReader reader_;
  std::string pending_;             // read, but of the next requests: eaten after this answer
  std::shared_ptr<Stream> stream_;  // while serving
  std::uint64_t written_ = 0;       // by the stream, when it was last looked at for a reader asleep
  std::size_t to_throw_away_;       // bytes at most, while lingering
  std::uint32_t entries_ = 0;
  State state_ = State::idle;
  bool greeted_ = false;    // by TLS: the handshake is over
  bool parted_ = false;     // the peer was told that no more will come
  bool continued_ = false;  // "100 Continue" was sent for this request
  bool left_ = false;       // the peer will send no more, which means that he does not listen: 0005
  bool hungry_ = false;
};

}  // namespace patchbay
