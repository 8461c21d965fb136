// SPDX-License-Identifier: MIT
#include "machine/transfer.h"

#include <doctest/doctest.h>
#include <httplib.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>

#include "machine/transfers.h"
#include "support/temp_dir.h"
#include "support/wait.h"

namespace patchbay {
namespace {

struct Ending final : TransferListener {
  void head(TransferHead) override {}
  bool bytes(std::string_view) override { return true; }
  void end(TransferEnd ended) override {
    how = std::move(ended);
    told = true;
  }
  TransferEnd how;
  std::atomic<bool> told = false;
};

// A server with a certificate that a CA of our own has signed, for 127.0.0.1.
struct TlsServer {
  TlsServer() {
    const std::string at = home.path.string();
    const std::string script =
        "cd " + at +
        " && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ours -keyout ca.key"
        " -out ca.pem 2>/dev/null"
        " && openssl req -newkey rsa:2048 -nodes -subj /CN=server -keyout key.pem -out csr.pem"
        " 2>/dev/null && printf 'subjectAltName=IP:127.0.0.1' > ext"
        " && openssl x509 -req -days 2 -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial"
        " -extfile ext -out cert.pem 2>/dev/null";
    REQUIRE(std::system(script.c_str()) == 0);  // NOLINT(concurrency-mt-unsafe): nobody else does
    server =
        std::make_unique<httplib::SSLServer>((at + "/cert.pem").c_str(), (at + "/key.pem").c_str());
    server->Get("/", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("hello", "text/plain");
    });
    port = server->bind_to_any_port("127.0.0.1");
    thread = std::thread([this] { server->listen_after_bind(); });
  }
  ~TlsServer() {
    server->stop();
    thread.join();
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  test::TempDir home;
  std::unique_ptr<httplib::SSLServer> server;
  int port = 0;
  std::thread thread;
};

TransferEnd ends(const std::string& url, Transfers& transfers, Transfers::Id id) {
  TransferOrder order;
  order.url = *parse_url(url);
  order.method = "GET";
  order.connect = order.first_byte = order.idle = order.whole = Milliseconds{30'000};
  const auto ending = std::make_shared<Ending>();
  transfers.begin(id, std::move(order), ending);
  REQUIRE(test::eventually([&] { return ending->told.load(); }));
  return ending->how;
}

TransferEnd ends(const std::string& url, const TransferSettings& settings) {
  return ends(url, **Transfers::start(settings), 1);
}

// Of this whole process.
double cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

TEST_SUITE("transfer") {
  TEST_CASE("a certificate is verified, against the CA of the settings too, and for its name") {
    const TlsServer tls;
    const std::string port = std::to_string(tls.port);
    const std::string ca = (tls.home.path / "ca.pem").string();
    const TransferEnd stranger = ends("https://127.0.0.1:" + port + "/", {{}, "off"});
    CHECK(stranger.how == TransferEnd::How::failed);
    CHECK_MESSAGE(stranger.why.find("certificate of 127.0.0.1:" + port) != std::string::npos,
                  stranger.why);
    CHECK(stranger.why.find("ca_file") != std::string::npos);
    const TransferEnd known = ends("https://127.0.0.1:" + port + "/", {ca, "off"});
    CHECK_MESSAGE(known.status == 200, known.why);
    CHECK(ends("https://localhost:" + port + "/", {ca, "off"}).how == TransferEnd::How::failed);
  }

  TEST_CASE("the certificates of the system are read once, and not for each connection") {
    const TlsServer tls;
    const auto transfers = *Transfers::start({{}, "off"});
    const std::string url = "https://127.0.0.1:" + std::to_string(tls.port) + "/";
    const auto cost = [&](Transfers::Id id) {
      const double before = cpu_seconds();
      CHECK(ends(url, *transfers, id).how == TransferEnd::How::failed);
      return cpu_seconds() - before;
    };
    const double first = cost(1);
    double further = 0;
    constexpr int times = 20;
    for (int i = 0; i < times; ++i) further += cost(static_cast<Transfers::Id>(i) + 2);
    MESSAGE("the first connection: " << first * 1e3 << " ms of CPU, each further "
                                     << further / times * 1e3 << " ms");
    if (first < 0.02) return;  // there are few of them
    CHECK(further / times < first / 2);
  }

  TEST_CASE("a transfer tells when it is to be looked at, and what is late") {
    TransferOrder order;
    order.url = *parse_url("http://127.0.0.1:9/");
    order.connect = Milliseconds{100};
    order.first_byte = Milliseconds{200};
    order.idle = order.whole = Milliseconds{1000};
    const Moment begun = Clock::now();
    const auto ending = std::make_shared<Ending>();
    Transfer transfer(order, ending, begun);
    CHECK(transfer.next_look() == begun + Milliseconds{100});
    CHECK_FALSE(transfer.late(begun + Milliseconds{99}));
    CHECK(transfer.late(begun + Milliseconds{100}) == TransferTimeout::connect);
    transfer.give_up(TransferTimeout::connect, begun + Milliseconds{100});
    CHECK(ending->how.why == "no connection to 127.0.0.1:9 within 100 ms");
    CHECK(ending->how.whole == Milliseconds{100});
  }
}

}  // namespace
}  // namespace patchbay
