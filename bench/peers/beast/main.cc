// SPDX-License-Identifier: MIT
//
// Boost.Beast, asynchronous, after its own example of a small server: a strand for each connection,
// a deadline for each read. Each event is a write of its own, or with --coalesced all share one.
#include <fmt/core.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <thread>
#include <vector>

#include "beast/session.h"

namespace {

using namespace patchbay::bench;
namespace net = boost::asio;
using net::ip::tcp;

void accept(tcp::acceptor& acceptor, net::io_context& context, const Settings& settings) {
  acceptor.async_accept(net::make_strand(context),
                        [&](boost::system::error_code wrong, tcp::socket socket) {
                          if (!wrong) {
                            socket.set_option(tcp::no_delay(true), wrong);
                            std::make_shared<Session>(std::move(socket), settings)->read();
                          }
                          accept(acceptor, context, settings);
                        });
}

void serve(const Settings& settings) {
  net::io_context context{settings.threads};
  tcp::acceptor acceptor{context, tcp::endpoint{net::ip::address_v4::loopback(), settings.port}};
  acceptor.listen(net::socket_base::max_listen_connections);
  fmt::print("beast answers on http://127.0.0.1:{}\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  accept(acceptor, context, settings);
  std::vector<std::jthread> others;
  for (int i = 1; i < settings.threads; ++i) others.emplace_back([&context] { context.run(); });
  context.run();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    serve(read_settings(argc, argv));
  } catch (const std::exception& trouble) {
    fmt::print(stderr, "beast: {}\n", trouble.what());
    return 2;
  }
}
