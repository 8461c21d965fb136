// SPDX-License-Identifier: MIT
// Listens on an address, or on a unix socket, and has its endpoints answer, on a few threads,
// however many are connected. Knows nothing of what the endpoints do.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "codec/address.h"
#include "ground/log.h"
#include "ground/result.h"
#include "machine/descriptor.h"
#include "machine/exchange.h"
#include "street/reactor.h"
#include "street/unix_listener.h"

namespace patchbay {

class Server {
 public:
  struct Options : StreetLimits {
    Address address{"127.0.0.1", 8080};
    std::string socket;        // path of a unix socket, in place of the address; empty: none
    std::size_t reactors = 2;  // threads
  };

  // Takes the address, and answers nobody yet: who connects waits for run(). The log outlives the
  // server. The Error names the address and what to do. [control]
  static Result<std::unique_ptr<Server>> open(const Options& options,
                                              std::vector<Endpoint> endpoints, Log& log);
  // Answers from here on. Once. [control]
  [[nodiscard]] Problem run();
  // Both at once. [control]
  static Result<std::unique_ptr<Server>> start(const Options& options,
                                               std::vector<Endpoint> endpoints, Log& log);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const { return doorway_.port; }  // 0: a unix socket
  // eg: "127.0.0.1:8080", or the path of the unix socket
  [[nodiscard]] const std::string& address() const { return doorway_.name; }
  [[nodiscard]] std::size_t connections() const { return crew_.connections; }  // [any]

  // Listens no more when it returns; whoever had connected is served. Every answer from then on is
  // the last of its connection. [control]
  void drain();
  // Hangs up everything, so that whoever answers learns it, ends the threads, and removes its unix
  // socket. [control]
  void stop();

 private:
  struct Doorway {
    Descriptor socket;  // until the acceptor takes it over
    std::string name;
    std::uint16_t port = 0;
    SocketFile file;
  };
  static Result<Doorway> open_doorway(const Options& options);
  Server(const Options& options, std::vector<Endpoint> endpoints, Doorway doorway, Log& log);

  Doorway doorway_;
  const std::size_t reactors_;
  Log& log_;
  Crew crew_;
  std::vector<std::thread> threads_;
};

}  // namespace patchbay
