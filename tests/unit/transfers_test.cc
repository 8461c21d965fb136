// SPDX-License-Identifier: MIT
#include "machine/transfers.h"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <string>
#include <thread>

#include "support/free_port.h"
#include "support/scripted_server.h"
#include "support/wait.h"

namespace patchbay {
namespace {

using test::ScriptedServer;
using Voice = ScriptedServer::Voice;
using Asked = ScriptedServer::Asked;

// Takes notes; refuses bytes while it is told to.
class Ear final : public TransferListener {
 public:
  void head(TransferHead head) override {
    const std::lock_guard lock(mutex_);
    head_ = std::move(head);
  }
  bool bytes(std::string_view piece) override {
    ++offers;
    if (full) return false;
    const std::lock_guard lock(mutex_);
    body_ += piece;
    return true;
  }
  void end(TransferEnd end) override {
    const std::lock_guard lock(mutex_);
    end_ = std::move(end);
    ++ends;
  }
  TransferEnd await_end() {
    REQUIRE(test::eventually([&] { return ends > 0; }));
    const std::lock_guard lock(mutex_);
    return end_;
  }
  std::string body() {
    const std::lock_guard lock(mutex_);
    return body_;
  }
  TransferHead told_head() {
    const std::lock_guard lock(mutex_);
    return head_;
  }
  std::atomic<bool> full = false;
  std::atomic<int> offers = 0;
  std::atomic<int> ends = 0;

 private:
  std::mutex mutex_;  // guards the three below
  TransferHead head_;
  std::string body_;
  TransferEnd end_;
};

TransferOrder order_for(const std::string& url) {
  TransferOrder order;
  order.url = *parse_url(url);
  order.method = "GET";
  order.connect = order.first_byte = order.idle = order.whole = Milliseconds{30'000};
  order.may_go = [](const Url&) { return Problem(); };
  return order;
}

struct Out {
  explicit Out(TransferSettings settings = {{}, "off"})
      : transfers(*Transfers::start(std::move(settings))) {}
  std::shared_ptr<Ear> begin(TransferOrder order) {
    auto ear = std::make_shared<Ear>();
    transfers->begin(++last, std::move(order), ear);
    return ear;
  }
  TransferEnd ends(TransferOrder order) { return begin(std::move(order))->await_end(); }

  std::unique_ptr<Transfers> transfers;
  Transfers::Id last = 0;
};

TEST_SUITE("transfers") {
  TEST_CASE("a request goes out as it was ordered, and the answer comes in pieces") {
    ScriptedServer server([](const Asked&, Voice& voice) {
      voice.begin("201 Created", "X-Kind: a b \r\n");
      voice.chunk("one ");
      voice.chunk("two");
      voice.end();
    });
    Out out;
    TransferOrder order = order_for(server.url("/v1/chat?x=1"));
    order.method = "POST";
    order.body = "{\"a\":1}";
    order.headers = {{"X-One", "1"}, {"X-None", ""}};
    order.secret_headers = {{"Authorization", "Bearer key"}};
    const auto ear = out.begin(std::move(order));
    const TransferEnd end = ear->await_end();
    CHECK(end.how == TransferEnd::How::done);
    CHECK(end.status == 201);
    CHECK(end.bytes == 7);
    CHECK(end.first_byte.count() >= 0);
    CHECK(ear->body() == "one two");
    CHECK(ear->told_head().status == 201);
    CHECK(ear->told_head().headers.back() == std::pair<std::string, std::string>("x-kind", "a b"));
    const Asked asked = server.asked().at(0);
    CHECK(asked.head.starts_with("POST /v1/chat?x=1 HTTP/1.1\r\nHost: " + server.authority()));
    CHECK(asked.head.find("X-One: 1\r\n") != std::string::npos);
    CHECK(asked.head.find("X-None:\r\n") != std::string::npos);
    CHECK(asked.head.find("Authorization: Bearer key") != std::string::npos);
    CHECK(asked.head.find("Content-Type") == std::string::npos);
    CHECK(asked.body == "{\"a\":1}");
  }

  TEST_CASE("whoever asks the same host next finds the connection open") {
    ScriptedServer server([](const Asked&, Voice& voice) { voice.answer("200 OK", "x"); });
    Out out;
    for (int i = 0; i < 5; ++i)
      CHECK(out.ends(order_for(server.url("/" + std::to_string(i)))).status == 200);
    CHECK(server.connections() == 1);
  }

  TEST_CASE("each time is kept, and named when it is over") {
    std::latch over(1);
    ScriptedServer server([&](const Asked& asked, Voice& voice) {
      if (asked.path() == "/mute") over.wait();
      voice.begin();
      if (asked.path() == "/head") over.wait();
      voice.chunk("x");
      if (asked.path() == "/stall") over.wait();
      while (voice.chunk("x")) std::this_thread::sleep_for(Milliseconds{1});
    });
    Out out;
    const auto late = [&](const char* path, Milliseconds TransferOrder::*which,
                          Milliseconds most = Milliseconds{60}) {
      TransferOrder order = order_for(server.url(path));
      order.*which = most;
      return out.ends(std::move(order));
    };
    const TransferEnd mute = late("/mute", &TransferOrder::first_byte);
    CHECK(mute.how == TransferEnd::How::late);
    CHECK(mute.timeout == TransferTimeout::first_byte);
    CHECK(mute.status == 0);
    CHECK(mute.why.find("within 60 ms") != std::string::npos);
    const TransferEnd head = late("/head", &TransferOrder::first_byte, Milliseconds{1'000});
    CHECK(head.timeout == TransferTimeout::first_byte);
    CHECK(head.status == 200);
    CHECK(late("/stall", &TransferOrder::idle).timeout == TransferTimeout::idle);
    const TransferEnd whole = late("/on", &TransferOrder::whole, Milliseconds{1'000});
    CHECK(whole.timeout == TransferTimeout::whole);
    CHECK(whole.whole >= Milliseconds{1'000});
    CHECK(whole.bytes > 0);

    // A server that takes the connection and never shakes hands.
    TransferOrder tls = order_for("https://" + server.authority() + "/");
    tls.connect = Milliseconds{60};
    CHECK(out.ends(std::move(tls)).timeout == TransferTimeout::connect);
    over.count_down();
  }

  TEST_CASE("a server waits while its listener has no room, and is not late meanwhile") {
    const std::string piece(64 * 1024, 'x');
    std::atomic<std::size_t> sent = 0;
    constexpr std::size_t all = std::size_t{64} * 1024 * 1024;
    ScriptedServer server([&](const Asked&, Voice& voice) {
      voice.begin();
      for (; sent < all && voice.chunk(piece); sent += piece.size()) continue;
      voice.end();
    });
    Out out;
    TransferOrder order = order_for(server.url());
    order.idle = Milliseconds{200};
    auto ear = std::make_shared<Ear>();
    ear->full = true;
    out.transfers->begin(7, std::move(order), ear);
    CHECK(test::eventually([&] { return ear->offers > 0; }));
    std::this_thread::sleep_for(Milliseconds{400});  // twice what the server may be idle
    CHECK(sent < all);
    CHECK(ear->ends == 0);
    ear->full = false;
    out.transfers->go_on(7);
    CHECK(ear->await_end().how == TransferEnd::How::done);
    CHECK(ear->body().size() == all);
  }

  TEST_CASE("a cut is told at once, and the server sees its client go") {
    std::atomic<int> gone = 0;
    ScriptedServer server([&](const Asked&, Voice& voice) {
      voice.begin();
      voice.chunk("x");
      if (voice.client_goes()) ++gone;
      voice.hang_up();
    });
    Out out;
    const auto ear = out.begin(order_for(server.url()));
    CHECK(test::eventually([&] { return !ear->body().empty(); }));
    const Moment asked = Clock::now();
    out.transfers->cut(out.last);
    const TransferEnd end = ear->await_end();
    MESSAGE("told of the cut after "
            << std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - asked).count()
            << " us");
    CHECK(end.how == TransferEnd::How::cut);
    CHECK(test::eventually([&] { return gone == 1; }));
    out.transfers->cut(out.last);  // nobody hears of it
    CHECK(out.ends(order_for("http://127.0.0.1:" + std::to_string(test::free_port()))).how ==
          TransferEnd::How::failed);
    CHECK(ear->ends == 1);
  }

  TEST_CASE("what is under way when the client goes down is cut") {
    ScriptedServer server([](const Asked&, Voice& voice) {
      voice.begin();
      static_cast<void>(voice.client_goes());
      voice.hang_up();
    });
    std::shared_ptr<Ear> ear;
    {
      Out out;
      ear = out.begin(order_for(server.url()));
      CHECK(test::eventually([&] { return ear->told_head().status == 200; }));
    }
    CHECK(ear->ends == 1);
    CHECK(ear->await_end().how == TransferEnd::How::cut);
  }

  TEST_CASE("what fails says so for a person") {
    ScriptedServer server([](const Asked&, Voice& voice) {
      voice.begin();
      voice.chunk("half");
      voice.hang_up();
    });
    Out out;
    const TransferEnd half = out.ends(order_for(server.url()));
    CHECK(half.how == TransferEnd::How::failed);
    CHECK(half.why.find("cut its answer off") != std::string::npos);
    CHECK(half.status == 200);
    const std::string nobody = "127.0.0.1:" + std::to_string(test::free_port());
    CHECK(out.ends(order_for("http://" + nobody)).why.starts_with("cannot connect to " + nobody));
    CHECK(out.ends(order_for("http://no-such-host.invalid/")).why ==
          "there is no host no-such-host.invalid");
  }

  TEST_CASE("no name and no number leads to a link-local address that was not meant") {
    Out out;
    for (const char* url : {"http://169.254.169.254/latest", "http://[::ffff:169.254.169.254]/",
                            "http://2852039166/", "http://0xa9.254.43518/"}) {
      TransferOrder order = order_for(url);
      order.connect = Milliseconds{2'000};
      const TransferEnd end = out.ends(std::move(order));
      CHECK_MESSAGE(end.how == TransferEnd::How::failed, url);
      CHECK_MESSAGE(end.why.find("link-local") != std::string::npos, end.why);
    }
  }

  TEST_CASE("a redirect is an answer, unless it is to be followed") {
    ScriptedServer server([](const Asked& asked, Voice& voice) {
      if (asked.path() == "/to") return void(voice.answer("200 OK", asked.head.substr(0, 4)));
      voice.answer(asked.path() == "/see" ? "303 See Other" : "307 Temporary Redirect", "moved",
                   "Location: /to\r\n");
    });
    Out out;
    const auto answer = [&](const char* path, std::size_t redirects) {
      TransferOrder order = order_for(server.url(path));
      order.method = "POST";
      order.body = "b";
      order.redirects = redirects;
      const auto ear = out.begin(std::move(order));
      const int status = ear->await_end().status;
      return std::to_string(status) + " " + ear->body();
    };
    CHECK(answer("/keep", 0) == "307 moved");
    CHECK(answer("/keep", 1) == "200 POST");
    CHECK(answer("/see", 1) == "200 GET ");
  }

  TEST_CASE("a redirect goes only where it may, takes no secret elsewhere, and ends somewhere") {
    ScriptedServer there([](const Asked&, Voice& voice) { voice.answer("200 OK", ""); });
    ScriptedServer here([&](const Asked& asked, Voice& voice) {
      voice.answer("302 Found", "",
                   "Location: " + (asked.path() == "/loop" ? "/loop" : there.url()) + "\r\n");
    });
    Out out;
    const auto order = [&](const char* path) {
      TransferOrder wanted = order_for(here.url(path));
      wanted.redirects = 3;
      wanted.headers = {{"X-Open", "1"}, {"authorization", "of its own"}, {"Cookie", "of its own"}};
      wanted.secret_headers = {{"X-Key", "secret"}};
      return wanted;
    };
    TransferOrder no = order("/");
    no.may_go = [](const Url& to) { return Problem(Error{"no", "not to " + to.authority(), ""}); };
    const TransferEnd refused = out.ends(std::move(no));
    CHECK(refused.how == TransferEnd::How::failed);
    CHECK(refused.why == "not to " + there.authority());
    CHECK(there.asked().empty());

    CHECK(out.ends(order("/")).status == 200);
    CHECK(here.asked().at(1).head.find("X-Key: secret") != std::string::npos);
    CHECK(there.asked().at(0).head.find("X-Open: 1") != std::string::npos);
    CHECK(there.asked().at(0).head.find("secret") == std::string::npos);
    CHECK(there.asked().at(0).head.find("of its own") == std::string::npos);
    CHECK(here.asked().at(1).head.find("Cookie: of its own") != std::string::npos);
    CHECK(out.ends(order("/loop")).status == 302);
  }

  TEST_CASE("where a redirect leads there is the whole time to connect") {
    constexpr Milliseconds think{1'200};
    // Takes the connection and never shakes hands.
    ScriptedServer silent([](const Asked&, Voice&) {});
    ScriptedServer server([&](const Asked&, Voice& voice) {
      std::this_thread::sleep_for(think);
      voice.answer("302 Found", "", "Location: https://" + silent.authority() + "/\r\n");
    });
    Out out;
    TransferOrder order = order_for(server.url());
    order.redirects = 1;
    order.connect = Milliseconds{1'000};
    const TransferEnd end = out.ends(std::move(order));
    CHECK(end.timeout == TransferTimeout::connect);
    CHECK(end.whole >= think + Milliseconds{1'000});
  }

  TEST_CASE("a body that is empty has a length too, where the method means one") {
    ScriptedServer server([](const Asked&, Voice& voice) { voice.answer("200 OK", ""); });
    Out out;
    for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
      TransferOrder order = order_for(server.url());
      order.method = method;
      CHECK(out.ends(std::move(order)).status == 200);
      const std::string head = server.asked().back().head;
      CHECK(head.starts_with(method));
      CHECK((head.find("Content-Length: 0") != std::string::npos) ==
            (std::string_view(method) != "DELETE"));
    }
  }

  TEST_CASE("a CA file that cannot be read is refused before anything is asked") {
    const auto none = Transfers::start({"/nowhere/ca.pem", "off"});
    REQUIRE_FALSE(none);
    CHECK(none.error().code == "ca_file_unreadable");
  }

  TEST_CASE("what goes to this machine goes past the proxy") {
    ScriptedServer server([](const Asked&, Voice& voice) { voice.answer("200 OK", ""); });
    ScriptedServer proxy([](const Asked&, Voice& voice) { voice.answer("200 OK", "proxied"); });
    Out out({{}, proxy.url()});
    CHECK(out.ends(order_for(server.url())).status == 200);
    CHECK(proxy.asked().empty());
    const auto ear = out.begin(order_for("http://service.invalid/x"));
    CHECK(ear->await_end().status == 200);
    CHECK(ear->body() == "proxied");
    CHECK(proxy.asked().at(0).head.starts_with("GET http://service.invalid/x "));
  }
}

}  // namespace
}  // namespace patchbay
