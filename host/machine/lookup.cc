// SPDX-License-Identifier: MIT
#include "machine/lookup.h"

#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <cstring>
#include <future>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>

namespace patchbay {
namespace {

using Found = Result<std::vector<SocketAddress>>;

Found ask_system(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int wrong = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (wrong != 0) {
    return Error{"no_such_host",
                 "cannot find the address of " + host + ": " + ::gai_strerror(wrong),
                 "check its spelling and the network"};
  }
  std::vector<SocketAddress> addresses;
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    SocketAddress& address = addresses.emplace_back();
    std::memcpy(&address.bytes, one->ai_addr, one->ai_addrlen);
    address.size = one->ai_addrlen;
  }
  ::freeaddrinfo(list);
  return addresses;
}

// What a search has in common with whoever waits for it; the one that leaves last frees it.
struct Search {
  std::string host;
  std::uint16_t port = 0;
  std::promise<Found> found;
  Descriptor done{::eventfd(0, EFD_CLOEXEC)};
};

// The system's search can be neither interrupted nor hurried, so it gets a thread of its own, which
// is left alone with it where nobody wants to wait any more.
std::optional<std::future<Found>> start(const std::shared_ptr<Search>& search) {
  std::future<Found> found = search->found.get_future();
  try {
    std::thread([search] {
      search->found.set_value(ask_system(search->host, search->port, 0));
      ::eventfd_write(search->done.get(), 1);
    }).detach();
  } catch (const std::system_error&) {
    return std::nullopt;
  }
  return found;
}

}  // namespace

Found look_up(const std::string& host, std::uint16_t port, Moment deadline,
              const Interrupt& interrupt) {
  if (Found numeric = ask_system(host, port, AI_NUMERICHOST)) return numeric;
  const auto search = std::make_shared<Search>();
  search->host = host;
  search->port = port;
  std::optional<std::future<Found>> found = start(search);
  if (!found) return Error{"no_thread", "the system has no thread left", ""};
  switch (wait_for(search->done.get(), POLLIN, deadline, interrupt)) {
    case Woken::ready:
      return found->get();
    case Woken::timed_out:
      return Error{"timed_out", "nobody says what the address of " + host + " is",
                   "check the network and its name server"};
    case Woken::interrupted:
      break;
  }
  return Error{"interrupted", "interrupted", ""};
}

}  // namespace patchbay
