// SPDX-License-Identifier: MIT
// Listens on an address and has its endpoints answer, on a few threads, however many are connected.
// Knows nothing of what the endpoints do.
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

namespace patchbay {

class Server {
 public:
  struct Options : StreetLimits {
    Address address{"127.0.0.1", 8080};
    std::size_t reactors = 2;  // threads
  };

  // The log outlives the server. The Error names the address and what to do. [control]
  static Result<std::unique_ptr<Server>> start(const Options& options,
                                               std::vector<Endpoint> endpoints, Log& log);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const { return address_.port; }
  [[nodiscard]] std::string address() const { return address_.text(); }  // eg: "127.0.0.1:8080"
  [[nodiscard]] std::size_t connections() const { return crew_.connections; }  // [any]

  // Listens no more when it returns; whoever had connected is served. Every answer from then on is
  // the last of its connection. [control]
  void drain();
  // Hangs up everything, so that whoever answers learns it, and ends the threads. [control]
  void stop();

 private:
  Server(const StreetLimits& limits, std::vector<Endpoint> endpoints, Address address);

  const Address address_;
  Crew crew_;
  std::vector<std::thread> threads_;
};

}  // namespace patchbay
