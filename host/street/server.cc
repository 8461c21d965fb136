// SPDX-License-Identifier: MIT
#include "street/server.h"

#include <pthread.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "street/listener.h"

namespace patchbay {

Result<std::unique_ptr<Server>> Server::start(const Options& options,
                                              std::vector<Endpoint> endpoints, Log& log) {
  Result<Doorway> doorway = open_doorway(options);
  if (!doorway) return std::move(doorway).error();
  auto acceptor = std::make_shared<Acceptor>(std::move(doorway->socket), log);
  const std::size_t reactors = std::max<std::size_t>(options.reactors, 1);
  std::unique_ptr<Server> server(new Server(options, std::move(endpoints), *std::move(doorway)));
  Crew& crew = server->crew_;
  for (std::size_t i = 0; i < reactors; ++i) {
    crew.reactors.push_back(std::make_unique<Reactor>(crew, acceptor, log));
    if (!crew.reactors.back()->is_ready()) {
      return Error{"no_descriptors", "the limit of open files leaves none to serve with",
                   "raise it (ulimit -n)"};
    }
  }
  try {
    for (const auto& reactor : crew.reactors) {
      server->threads_.emplace_back([&reactor] { reactor->run(); });
      pthread_setname_np(server->threads_.back().native_handle(), "reactor");
    }
  } catch (const std::system_error& error) {
    return Error{"no_threads", std::string("cannot start a thread: ") + error.what(),
                 "raise the limit of processes (ulimit -u)"};
  }
  return server;
}

Result<Server::Doorway> Server::open_doorway(const Options& options) {
  if (!options.socket.empty()) {
    Result<UnixListener> listener = open_unix_listener(options.socket);
    if (!listener) return std::move(listener).error();
    return Doorway{std::move(listener->socket), options.socket, 0, std::move(listener->file)};
  }
  Result<Listener> listener = open_listener(options.address);
  if (!listener) return std::move(listener).error();
  const Address& address = listener->address;
  return Doorway{std::move(listener->socket), address.text(), address.port, {}};
}

Server::Server(const StreetLimits& limits, std::vector<Endpoint> endpoints, Doorway doorway)
    : doorway_(std::move(doorway)) {
  crew_.limits = limits;
  crew_.endpoints = std::move(endpoints);
}

Server::~Server() {
  stop();
}

void Server::drain() {
  crew_.draining = true;
  if (threads_.empty()) return;
  for (const auto& reactor : crew_.reactors) reactor->leave_listener();
  for (const auto& reactor : crew_.reactors) reactor->wait_until_it_left();
}

void Server::stop() {
  for (const auto& reactor : crew_.reactors) reactor->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  doorway_.file = {};
}

}  // namespace patchbay
