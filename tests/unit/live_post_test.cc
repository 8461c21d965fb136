// SPDX-License-Identifier: MIT
#include "machine/live_post.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "codec/http_response.h"

namespace patchbay {
namespace {

// Takes one connection on a loopback port, and does with it what the case wants.
class OneShotServer {
 public:
  explicit OneShotServer(std::function<void(int)> serve)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* name = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener_.get(), name, size) == 0);
    REQUIRE(::getsockname(listener_.get(), name, &size) == 0);
    REQUIRE(::listen(listener_.get(), 1) == 0);
    url_.host = "127.0.0.1";
    url_.port = ntohs(address.sin_port);
    url_.target = "/api/agent";
    thread_ = std::thread([this, serve = std::move(serve)] {
      const Descriptor caller(::accept(listener_.get(), nullptr, nullptr));
      serve(caller.get());
    });
  }
  ~OneShotServer() { thread_.join(); }
  OneShotServer(const OneShotServer&) = delete;
  OneShotServer& operator=(const OneShotServer&) = delete;

  [[nodiscard]] const Url& url() const { return url_; }

 private:
  Descriptor listener_;
  Url url_;
  std::thread thread_;
};

void write_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// Up to and with that end, or until the caller closes.
std::string read_until(int socket, std::string_view end) {
  std::string all;
  char byte = 0;
  while (!all.ends_with(end) && ::recv(socket, &byte, 1, 0) == 1) all += byte;
  return all;
}

LivePost hello(const Url& url) {
  LivePost post;
  post.url = url;
  post.headers = {{"Content-Type", "application/json"}};
  post.body = "{hello}";
  return post;
}

TEST_SUITE("live_post") {
  TEST_CASE("each piece is handed on before the server writes the next") {
    std::promise<void> first_heard;
    std::string request;
    std::string heard;
    {
      OneShotServer server([&](int caller) {
        request = read_until(caller, "{hello}");
        write_all(caller, encode_event_stream_head(true, false) + "3\r\none\r\n");
        first_heard.get_future().wait();
        write_all(caller, "3\r\ntwo\r\n0\r\n\r\n");
      });
      const Interrupt never;
      const auto head = post_live(
          hello(server.url()),
          [&](const HttpAnswerHead& answer, std::string_view piece) {
            CHECK(answer.status == 200);
            if (heard.empty()) first_heard.set_value();
            heard += piece;
            return Milliseconds{5'000};
          },
          never);
      REQUIRE(head);
      CHECK(head->header("content-type") == "text/event-stream");
    }
    CHECK(heard == "onetwo");
    CHECK(request.starts_with("POST /api/agent HTTP/1.1\r\nHost: 127.0.0.1:"));
    CHECK(request.find("\r\nContent-Length: 7\r\n") != std::string::npos);
  }

  TEST_CASE("an interrupt from another thread closes the connection at once") {
    const Interrupt interrupt;
    bool closed = false;
    {
      OneShotServer server([&](int caller) {
        read_until(caller, "{hello}");
        write_all(caller, encode_event_stream_head(true, false) + "3\r\none\r\n");
        closed = read_until(caller, "never").empty();
      });
      const auto head = post_live(
          hello(server.url()),
          [&](const HttpAnswerHead&, std::string_view) {
            std::thread([&] { interrupt.raise(); }).join();
            return Milliseconds{60'000};
          },
          interrupt);
      REQUIRE(!head);
      CHECK(head.error().code == "interrupted");
    }
    CHECK(closed);
  }

  TEST_CASE("an interrupt can be set for later, and be cleared") {
    const Interrupt interrupt;
    interrupt.raise();
    CHECK(interrupt.raised());
    interrupt.clear();
    CHECK(!interrupt.raised());
    const Moment begin = Clock::now();
    interrupt.raise_in(Milliseconds{20});
    OneShotServer server([](int caller) { read_until(caller, "never"); });
    const auto head = post_live(
        hello(server.url()),
        [](const HttpAnswerHead&, std::string_view) { return Milliseconds{0}; }, interrupt);
    REQUIRE(!head);
    CHECK(head.error().code == "interrupted");
    CHECK(Clock::now() - begin >= Milliseconds{20});
  }

  TEST_CASE("the Error tells refused, silent, cut and strange apart") {
    const auto code = [](const LivePost& post) {
      const Interrupt never;
      const auto head = post_live(
          post, [](const HttpAnswerHead&, std::string_view) { return Milliseconds{20}; }, never);
      return head ? std::string("none") : head.error().code;
    };
    Url nobody;
    {
      OneShotServer server([](int caller) { read_until(caller, "{hello}"); });
      nobody = server.url();
      CHECK(code(hello(server.url())) == "answer_cut");
    }
    CHECK(code(hello(nobody)) == "connection_refused");
    {
      OneShotServer server([](int caller) { read_until(caller, "never"); });
      LivePost post = hello(server.url());
      post.patience = Milliseconds{20};
      CHECK(code(post) == "timed_out");
    }
    {
      OneShotServer server([](int caller) {
        read_until(caller, "{hello}");
        write_all(caller, encode_event_stream_head(true, false) + "3\r\none\r\n");
        read_until(caller, "never");
      });
      CHECK(code(hello(server.url())) == "timed_out");  // of the patience that on_piece gave
    }
    {
      OneShotServer server([](int caller) {
        read_until(caller, "{hello}");
        write_all(caller, "SSH-2.0-OpenSSH_9.2\r\n\r\n");
      });
      CHECK(code(hello(server.url())) == "answer_malformed");
    }
  }

  TEST_CASE("a server that refuses before it has read everything is heard") {
    OneShotServer server([](int caller) {
      read_until(caller, "\r\n\r\n");
      write_all(caller, encode_response(error_response(413, {"too_large", "", ""}), false));
      ::shutdown(caller, SHUT_WR);
      read_until(caller, "never");
    });
    LivePost post = hello(server.url());
    post.body.assign(8 * 1024 * 1024, 'x');
    const Interrupt never;
    const auto head = post_live(
        post, [](const HttpAnswerHead&, std::string_view) { return Milliseconds{1'000}; }, never);
    REQUIRE(head);
    CHECK(head->status == 413);
  }
}

}  // namespace
}  // namespace patchbay
