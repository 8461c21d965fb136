// SPDX-License-Identifier: MIT
// One connection from its first byte to its end, over a real socket pair: what a peer sends in any
// pieces, what he reads or does not, when he goes, and what agents say meanwhile. The first byte
// sets the limits; then bytes are sent as they stand, but 0xFF and the byte behind it is a deed.
//
// However it goes, the endpoints get the very requests that are in the bytes, in their order, and
// the peer gets whole answers, no more of them than he asked for; nothing is left behind.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/http_request.h"
#include "codec/http_response.h"
#include "street/connection.h"

namespace {

using namespace patchbay;
using State = Connection::State;

void demand(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

std::string as_text(const HttpRequest& request) {
  return request.method + ' ' + request.path + '?' + request.query + '\n' + request.body;
}

HttpResponse ok() {
  HttpResponse response;
  response.body = "ok";
  return response;
}

// Answers at once, streams for as long as the input says, and forgets to answer. Made once: its
// engine compiles regular expressions, and its log has a thread.
struct House {
  std::deque<std::shared_ptr<Stream>> open;
  std::vector<std::string> heard;
  std::vector<Endpoint> endpoints{
      {"POST",
       "/agents/*",
       [this](Exchange&& exchange) {
         heard.push_back(as_text(exchange.request));
         exchange.stream->begin_events();
         open.push_back(std::move(exchange.stream));
       },
       {},
       true},
      {"POST", "/api/agent",
       [this](Exchange&& exchange) {
         heard.push_back(as_text(exchange.request));
         exchange.stream->answer(ok());
       },
       [](const Head& head) -> std::optional<HttpResponse> {
         if (head.request.count("layercode-signature") == 1) return std::nullopt;
         return error_response(401, {"unauthorized", "no", ""});
       }},
      {"GET", "/livez",
       [this](Exchange&& exchange) {
         heard.push_back(as_text(exchange.request));
         exchange.stream->answer(ok());
       }},
      {"PUT", "/drop", [this](Exchange&& exchange) { heard.push_back(as_text(exchange.request)); }},
  };
  Engine engine{endpoints};
  Log log{LogLevel::off, LogFormat::text};

  static House& the() {
    static House house;
    house.open.clear();
    house.heard.clear();
    return house;
  }

  // Is it one that an endpoint gets? What nobody serves is answered by the engine.
  [[nodiscard]] static bool serves(const HttpRequest& request) {
    const std::string& path = request.path;
    if (request.method == "POST") return path == "/api/agent" || path.starts_with("/agents/");
    if (request.method == "PUT") return path == "/drop";
    return (request.method == "GET" || request.method == "HEAD") && path == "/livez";
  }
};

// What is in the bytes that were sent, read by a reader of its own without a socket.
struct Reference {
  std::vector<std::string> served;  // as the endpoints must hear of it
  std::vector<bool> head_only;      // of every request: has its answer no body?
  std::size_t answers = 0;          // most that there can be

  Reference(std::string_view bytes, const HttpLimits& limits) {
    HttpRequestReader reader(limits);
    while (!bytes.empty() && reader.state() != HttpRequestReader::State::refused) {
      bytes.remove_prefix(reader.feed(bytes));
      if (reader.state() != HttpRequestReader::State::complete) continue;
      HttpRequest request = reader.take();
      if (request.path.size() > 1 && request.path.ends_with('/')) request.path.pop_back();
      head_only.push_back(request.method == "HEAD");
      if (House::serves(request)) served.push_back(as_text(request));
    }
    answers = head_only.size() + 1;  // and one refusal
  }
};

// Reads what the peer was sent: whole answers, perhaps the beginning of another.
class Answers {
 public:
  Answers(std::string_view bytes, const std::vector<bool>& head_only)
      : rest_(bytes), head_only_(head_only) {}

  std::size_t count() {
    while (one()) ++count_;
    return count_;
  }

 private:
  bool one() {
    if (rest_.empty()) return false;
    demand(std::string_view("HTTP/1.1 ").starts_with(rest_.substr(0, 9)) ||
               rest_.starts_with("HTTP/1.1 "),
           "an answer begins where the one before it ended");
    const std::size_t end = rest_.find("\r\n\r\n");
    if (end == std::string_view::npos) return false;
    const std::string_view head = rest_.substr(0, end + 4);
    rest_.remove_prefix(head.size());
    if (head.starts_with("HTTP/1.1 100 ")) return one();
    if (count_ < head_only_.size() && head_only_[count_]) return true;
    if (head.find("\r\nTransfer-Encoding: chunked\r\n") != std::string_view::npos) return chunks();
    const std::string_view name = "\r\nContent-Length: ";
    const std::size_t at = head.find(name);
    if (at == std::string_view::npos) rest_ = {};  // it ends with the connection
    return at == std::string_view::npos || skip(number(head.substr(at + name.size()), 10));
  }

  bool chunks() {
    while (true) {
      const std::size_t end = rest_.find("\r\n");
      if (end == std::string_view::npos) return false;
      const std::size_t size = number(rest_.substr(0, end), 16);
      rest_.remove_prefix(end + 2);
      if (!skip(size + 2)) return false;
      if (size == 0) return true;
    }
  }

  bool skip(std::size_t bytes) {
    const bool whole = rest_.size() >= bytes;
    rest_.remove_prefix(whole ? bytes : rest_.size());
    return whole;
  }

  static std::size_t number(std::string_view text, int base) {
    std::size_t value = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    demand(wrong == std::errc() && end != text.data(), "a length is a number");
    return value;
  }

  std::string_view rest_;
  const std::vector<bool>& head_only_;
  std::size_t count_ = 0;
};

class Scene {
 public:
  explicit Scene(std::uint8_t plan) {
    if ((plan & 1U) != 0) limits_.http = {.head = 200, .header_lines = 6, .target = 30, .body = 40};
    if ((plan & 2U) != 0) limits_.stream_buffer = 64;
    if ((plan & 16U) != 0) limits_.gather_time = Milliseconds{0};
    if ((plan & 4U) != 0) limits_.bodies = std::make_shared<Budget>(std::size_t{20'000});
    std::array<int, 2> ends{};
    demand(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0, "a socket pair");
    if ((plan & 8U) != 0) {
      const int least = 1;  // the system makes a few KiB of it
      setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
    }
    peer_ = Descriptor(ends[1]);
    connection_ =
        std::make_unique<Connection>(place_, token_, Arrival{Descriptor(ends[0]), Peer()});
  }

  void send(std::string_view bytes) {
    while (!bytes.empty() && connection_ && peer_) {
      const ssize_t n =
          ::send(peer_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n <= 0) return;
      sent_.append(bytes.substr(0, static_cast<std::size_t>(n)));
      bytes.remove_prefix(static_cast<std::size_t>(n));
      notice(EPOLLIN);
    }
  }

  void act(std::uint8_t deed) {
    switch (deed % 8) {
      case 0:
        return;  // a cut between two pieces
      case 1:
        return time_out();
      case 2:
        return half_close();
      case 3:
        return hang_up();
      case 4:
        return read();
      case 5:
        return say(std::size_t{deed} * 8);
      case 6:
        return finish();
      default:
        draining_ = true;
    }
  }

  void end() {
    while (!house_.open.empty()) finish();
    read();
    read();
    const Reference reference(std::string_view(sent_).substr(0, heard_until_), limits_.http);
    demand(house_.heard.size() <= reference.served.size(), "nobody hears what was not asked");
    for (std::size_t i = 0; i < house_.heard.size(); ++i)
      demand(house_.heard[i] == reference.served[i], "a request is heard as it is in the bytes");
    const std::size_t answers = Answers(read_, reference.head_only).count();
    demand(answers <= reference.answers, "no more answers than requests");
    if (!left_) demand(answers >= house_.heard.size(), "whoever listens hears each answer");
    connection_.reset();
    demand(limits_.bodies->taken() == 0, "no body is still counted");
  }

 private:
  void notice(std::uint32_t events) {
    if (!connection_) return;
    connection_->notice(events);
    settle();
  }

  // As its reactor does it: whoever is hungry goes on, a finished stream is looked at, and what is
  // closed is gone.
  void settle() {
    for (int rounds = 0; connection_; ++rounds) {
      demand(rounds < 100'000, "it comes to rest");
      const bool told = !place_.inbox->take(true).tokens.empty();
      if (connection_->state() == State::closed) {
        connection_.reset();
      } else if (told && (connection_->state() == State::serving ||
                          connection_->state() == State::gathering)) {
        connection_->come_by();
      } else if (connection_->is_hungry()) {
        connection_->advance();
      } else {
        return;
      }
    }
  }

  void time_out() {
    if (!connection_ || connection_->state() == State::closed) return;
    // The rest of that request comes too late, and is thrown away; any other state may be closed.
    const bool receiving = connection_->state() == State::receiving;
    if (receiving) heard_until_ = std::min(heard_until_, sent_.size());
    left_ = left_ || !(receiving || connection_->state() == State::gathering);
    connection_->time_out();
    settle();
  }

  void half_close() {
    if (!peer_) return;
    shutdown(peer_.get(), SHUT_WR);
    left_ = true;
    notice(EPOLLIN | EPOLLRDHUP);
  }

  void hang_up() {
    if (!peer_) return;
    read();
    peer_.reset();
    left_ = true;
    notice(EPOLLIN | EPOLLRDHUP | EPOLLHUP);
    demand(!connection_, "a peer who is gone has no connection");
  }

  void read() {
    std::array<char, 8192> some{};
    bool any = true;
    while (std::exchange(any, false) && peer_) {
      for (ssize_t n = 0; (n = recv(peer_.get(), some.data(), some.size(), 0)) > 0; any = true)
        read_.append(some.data(), static_cast<std::size_t>(n));
      if (any) notice(EPOLLOUT);
    }
  }

  void say(std::size_t size) {
    if (house_.open.empty()) return;
    const std::string event = "data: " + std::string(size, 'x') + "\n\n";
    const Stream::Sent sent = house_.open.front()->send(event, Moment::min());
    demand(sent != Stream::Sent::closed, "a stream is open until somebody ends it");
    settle();
  }

  void finish() {
    if (house_.open.empty()) return;
    const std::shared_ptr<Stream> stream = std::move(house_.open.front());
    house_.open.pop_front();
    stream->finish("data: end\n\n");
    settle();
    if (!connection_) demand(stream->is_gone() || stream->is_done(), "no stream outlives its peer");
  }

  static constexpr Token token_ = 7;
  StreetLimits limits_;
  House& house_ = House::the();
  std::atomic<bool> draining_{false};
  Connection::Place place_{house_.engine, limits_, draining_, std::make_shared<Inbox>(),
                           house_.log,    {}};
  Descriptor peer_;
  std::unique_ptr<Connection> connection_;
  std::string sent_;                             // by the peer
  std::string read_;                             // by the peer
  std::size_t heard_until_ = std::string::npos;  // of sent_: then it was too slow
  bool left_ = false;  // the peer said that he listens no more, or his time was over
};

}  // namespace

// libFuzzer gives the name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Scene scene(data[0]);
  std::string piece;
  for (std::size_t i = 1; i < size; ++i) {
    if (data[i] != 0xFF || i + 1 == size) {
      piece += static_cast<char>(data[i]);
      continue;
    }
    scene.send(std::exchange(piece, {}));
    scene.act(data[++i]);
  }
  scene.send(piece);
  scene.end();
  return 0;
}
