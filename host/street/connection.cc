// SPDX-License-Identifier: MIT
#include "street/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <limits>
#include <optional>
#include <utility>

#include "codec/http_response.h"

namespace patchbay {
namespace {

// Reads and requests in a row, before other connections get their turn.
constexpr int steps_in_a_row = 32;
// Bytes that are thrown away before a peer who does not listen to his refusal is cut off. Who was
// refused in the middle of a body may send all that a body may have on top.
constexpr std::size_t linger_bytes = std::size_t{64} * 1024;

HttpResponse no_room() {
  HttpResponse response = error_response(
      503, {"too_many_bodies", "this host holds as many bytes of large requests as it may",
            "try again in a moment; max_bodies in [server] is the limit"});
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

// Whoever lets go of the stream without having answered has answered 500.
std::shared_ptr<Stream> lend(const std::shared_ptr<Stream>& stream) {
  return {stream.get(), [stream](Stream* borrowed) { borrowed->abandon(); }};
}

}  // namespace

Connection::Connection(Place& place, Token token, Arrival arrival)
    : place_(place),
      token_(token),
      socket_(std::move(arrival.socket)),
      wire_(place.limits.tls
                ? std::make_unique<TlsWire>(*place.limits.tls->current(), socket_.get())
                : nullptr),
      peer_(arrival.peer),
      reader_(place.limits.http, small_body),
      to_throw_away_(linger_bytes) {}

Connection::~Connection() {
  close();
}

void Connection::notice(std::uint32_t events) {
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) return close();
  if ((events & EPOLLRDHUP) != 0) left_ = true;
  // In a handshake a write may wait for what is read.
  if (stream_ && ((events & EPOLLOUT) != 0 || wire_)) stream_->flush();
  advance();
}

void Connection::come_by() {
  if (!stream_) return;
  advance();
  if (state_ == State::serving) enter(State::gathering);
}

void Connection::advance() {
  hungry_ = false;
  for (int step = 0; step < steps_in_a_row; ++step) {
    if (stream_ && !end_answer()) return;
    if (state_ == State::closed) return;
    const bool more = state_ == State::lingering ? linger() : take_bytes();
    if (!more) return;
  }
  hungry_ = true;
}

void Connection::time_out() {
  if (wire_ && !greeted_) return close();  // nothing that we say would be understood
  if (state_ == State::receiving) {
    refuse(408, {"request_timeout", "the request was not complete in time", "send it faster"});
    return advance();
  }
  if (state_ == State::gathering) {
    stream_->flush();
    return enter(State::serving);
  }
  if (state_ == State::serving) {
    const Stream::Backlog backlog = stream_->backlog();
    const bool asleep = backlog.queued > 0 && backlog.written == written_;
    written_ = backlog.written;
    if (!asleep) return enter(State::serving);
  }
  close();
}

void Connection::turn_away(std::string_view busy) {
  open_stream(false, true, false);
  stream_->answer(busy);
  advance();
}

void Connection::close() {
  if (state_ == State::closed) return;
  if (wire_ && state_ == State::idle) wire_->finish();
  enter(State::closed);
  if (const auto stream = std::exchange(stream_, nullptr)) stream->hang_up();
  socket_.reset();
}

void Connection::enter(State state) {
  state_ = state;
  ++entries_;
}

// False where there is nothing to read for the moment, or for ever.
bool Connection::take_bytes() {
  if (!pending_.empty()) {
    eat(std::exchange(pending_, {}));
    return true;
  }
  const ssize_t n = receive();
  if (n > 0) {
    eat({place_.bytes.data(), static_cast<std::size_t>(n)});
    return true;
  }
  if (n < 0 && errno == EINTR) return true;
  if (n < 0 && errno == EAGAIN) return false;
  if (n < 0 && wire_) {
    lose_wire();
  } else {
    close();
  }
  return state_ == State::serving;
}

ssize_t Connection::receive() {
  if (!wire_) return recv(socket_.get(), place_.bytes.data(), place_.bytes.size(), 0);
  const ssize_t n = wire_->receive(place_.bytes);
  const int error = errno;
  if (!greeted_) follow_handshake();
  errno = error;
  return n;
}

// The handshake has the time of a request, and whatever comes after it has its own.
void Connection::follow_handshake() {
  const TlsWire::State wire = wire_->state();
  if (wire == TlsWire::State::greeting && state_ == State::idle) enter(State::receiving);
  if (wire != TlsWire::State::open) return;
  greeted_ = true;
  if (state_ == State::receiving) enter(State::idle);
}

// Who speaks plain HTTP here is told so in words that he understands.
void Connection::lose_wire() {
  if (!wire_->met_plain_http()) {
    place_.log.debug("a TLS connection is lost", {{"why", wire_->why()}, {"peer", peer_.text()}});
    return close();
  }
  wire_.reset();
  refuse(400, {"tls_wanted", "this port speaks HTTPS", "write https:// in the URL"});
}

void Connection::eat(std::string_view bytes) {
  bytes.remove_prefix(reader_.feed(bytes));
  while (reader_.wants_room()) {
    if (!make_room()) return;
    bytes.remove_prefix(reader_.feed(bytes));
  }
  const HttpRequestReader::State read = reader_.state();
  if (read == HttpRequestReader::State::refused) {
    const HttpRefusal& refusal = reader_.refusal();
    if (refusal.status == 413) to_throw_away_ += place_.limits.http.body;
    return refuse(refusal.status, {refusal.code, refusal.message, refusal.hint});
  }
  if (read == HttpRequestReader::State::complete) {
    pending_ = bytes;
    return serve();
  }
  if (state_ == State::idle && read != HttpRequestReader::State::idle) enter(State::receiving);
  if (reader_.wants_continue() && !std::exchange(continued_, true)) {
    constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    if (wire_) {
      wire_->put_before(go_on);
    } else {
      ::send(socket_.get(), go_on.data(), go_on.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
  }
}

void Connection::serve() {
  HttpRequest request = reader_.take();
  continued_ = false;
  const bool modern = request.minor > 0;
  open_stream(modern && request.keep_alive && !place_.draining.load(std::memory_order_relaxed),
              modern, request.method == "HEAD");
  place_.engine.serve({std::move(request), lend(stream_), peer_});
}

// For a body that is not small. Nothing that the head alone decides waits for it, and no body grows
// beyond what there is for all. False where the request was refused.
bool Connection::make_room() {
  HttpRequest& request = reader_.request();
  std::optional<HttpResponse> refusal = place_.engine.refusal(request, peer_);
  if (const std::size_t room = reader_.next_room(); !refusal && room > small_body) {
    if (!request.share) request.share = std::make_shared<Share>(place_.limits.bodies);
    if (!request.share->grow_to(room)) {
      ++place_.crowded_out;
      refusal = no_room();
    }
  }
  if (refusal) {
    to_throw_away_ += place_.limits.http.body;
    refuse(*refusal);
    return false;
  }
  reader_.give_room();
  return true;
}

void Connection::refuse(int status, const Error& error) {
  place_.log.info(
      "request refused",
      {{"status", status}, {"code", error.code}, {"why", error.text()}, {"peer", peer_.text()}});
  refuse(error_response(status, error));
}

// The last answer of this connection: where the next request would begin is not known.
void Connection::refuse(const HttpResponse& response) {
  reader_.forget();
  open_stream(false, true, false);
  stream_->answer(response);
}

void Connection::open_stream(bool keep_alive, bool chunked, bool head_only) {
  enter(State::serving);
  written_ = std::numeric_limits<std::uint64_t>::max();
  // The stream may be finished when reactor and connection are gone: it holds but the inbox.
  stream_ = std::make_shared<Stream>(Stream::Setup{.socket = socket_.get(),
                                                   .wire = wire_.get(),
                                                   .chunked = chunked,
                                                   .keep_alive = keep_alive,
                                                   .head_only = head_only,
                                                   .limit = place_.limits.stream_buffer,
                                                   .gather = place_.limits.gather_time,
                                                   .owner = place_.inbox,
                                                   .token = token_});
}

// False while the answer goes on, and where it ended with the connection.
bool Connection::end_answer() {
  if (stream_->is_gone()) {
    close();
    return false;
  }
  if (!stream_->is_done()) {
    // A farewell is told by the wire where the socket stays open.
    if (!left_ && wire_ && wire_->is_left()) left_ = true;
    // 0005. Of a finished answer there is nobody to cancel: it may still be read.
    if (left_ && !stream_->backlog().finished) close();
    return false;
  }
  const bool keep_alive = stream_->keep_alive();
  stream_.reset();
  if (keep_alive) {
    enter(State::idle);
  } else {
    enter(State::lingering);
    pending_ = std::string();
    say_farewell();
  }
  return true;
}

// Tried again while lingering, where the socket takes no byte more.
void Connection::say_farewell() {
  if (wire_ && !wire_->finish()) return;
  parted_ = true;
  shutdown(socket_.get(), SHUT_WR);
}

// What is thrown away needs no deciphering.
bool Connection::linger() {
  if (!parted_) say_farewell();
  const ssize_t n = recv(socket_.get(), place_.bytes.data(), place_.bytes.size(), 0);
  if (n > 0 && static_cast<std::size_t>(n) <= to_throw_away_) {
    to_throw_away_ -= static_cast<std::size_t>(n);
    return true;
  }
  if (n < 0 && errno == EAGAIN) return false;
  if (n < 0 && errno == EINTR) return true;
  close();
  return false;
}

}  // namespace patchbay
