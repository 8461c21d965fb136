// SPDX-License-Identifier: MIT
#include "street/acceptor.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "street/listener.h"
#include "support/loopback.h"

namespace patchbay {
namespace {

// Lets this process open `more` further files, while it lives.
class FileLimit {
 public:
  explicit FileLimit(rlim_t more) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const Descriptor next(dup(0));
    const rlimit lower{static_cast<rlim_t>(next.get()) + more, before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &lower);
  }
  ~FileLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  rlimit before_{};
};

struct Door {
  Log log{LogLevel::off, LogFormat::text};
  std::uint16_t port = 0;
  std::unique_ptr<Acceptor> acceptor;

  Door() {
    Result<Listener> listener = open_listener({"127.0.0.1", 0});
    REQUIRE(listener);
    port = listener->address.port;
    acceptor = std::make_unique<Acceptor>(std::move(listener->socket), log);
  }
};

TEST_SUITE("acceptor") {
  TEST_CASE("whoever waits comes in, with his address") {
    Door door;
    std::vector<Arrival> arrivals;
    CHECK(door.acceptor->accept(arrivals, Moment{}) == Acceptor::Outcome::taken);
    CHECK(arrivals.empty());
    const Caller first(door.port);
    const Caller second(door.port);
    CHECK(door.acceptor->accept(arrivals, Moment{}) == Acceptor::Outcome::taken);
    REQUIRE(arrivals.size() == 2);
    CHECK(arrivals[0].peer.text().starts_with("127.0.0.1:"));
    CHECK((fcntl(arrivals[0].socket.get(), F_GETFL) & O_NONBLOCK) != 0);
  }

  TEST_CASE("without a free descriptor a caller is told to come again, and the next one comes in") {
    Door door;
    Caller caller(door.port);
    caller.say("POST / HTTP/1.1\r\n\r\n");
    std::vector<Arrival> arrivals;
    {
      const FileLimit limit(0);
      CHECK(door.acceptor->accept(arrivals, Moment{}) == Acceptor::Outcome::taken);
    }
    CHECK(arrivals.empty());
    caller.hears_all();
    CHECK(caller.seen().starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    CHECK(caller.seen().find("\r\nRetry-After: 1\r\n") != std::string::npos);
    CHECK(caller.seen().find("\"too_many_connections\"") != std::string::npos);
    const Caller next(door.port);
    door.acceptor->accept(arrivals, Moment{});
    CHECK(arrivals.size() == 1);
  }

  TEST_CASE("a listener that fails asks for a pause") {
    Log log(LogLevel::off, LogFormat::text);
    Acceptor acceptor(Descriptor(dup(0)), log);
    std::vector<Arrival> arrivals;
    CHECK(acceptor.accept(arrivals, Moment{}) == Acceptor::Outcome::pausing);
  }
}

}  // namespace
}  // namespace patchbay
