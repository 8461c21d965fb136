// SPDX-License-Identifier: MIT
//
// Plain cpp-httplib, with its own pool of threads. Two of its defaults are changed, because with
// them there is nothing to measure: Nagle's algorithm is off, and a connection is not closed after
// five turns.
#include <fmt/core.h>
#include <httplib.h>

#include <cstdio>
#include <exception>
#include <limits>

#include "work/work.h"

namespace {

using namespace patchbay::bench;

void answer(const Settings& settings, const httplib::Request& request,
            httplib::Response& response) {
  if (!is_signed(settings.secret, request.get_header_value("layercode-signature"), request.body)) {
    response.status = 401;
    return;
  }
  const auto turn_id = turn_id_of(request.body);
  if (!turn_id) {
    response.status = 400;
    return;
  }
  response.set_header("Cache-Control", "no-cache, no-transform");
  response.set_chunked_content_provider(
      "text/event-stream",
      [events = events_of(*turn_id, settings.says)](std::size_t, httplib::DataSink& sink) {
        for (const std::string& event : events) {
          if (!sink.write(event.data(), event.size())) return false;
        }
        sink.done();
        return true;
      });
}

int serve(const Settings& settings) {
  httplib::Server server;
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(std::numeric_limits<int>::max());
  server.Post("/agent", [&](const httplib::Request& request, httplib::Response& response) {
    answer(settings, request, response);
  });
  int port = settings.port;
  if (port == 0) {
    port = server.bind_to_any_port("127.0.0.1");
  } else if (!server.bind_to_port("127.0.0.1", port)) {
    port = -1;
  }
  if (port < 0) {
    fmt::print(stderr, "httplib: cannot listen there\n");
    return 1;
  }
  fmt::print("httplib answers on http://127.0.0.1:{}\n", port);
  std::fflush(stdout);
  return server.listen_after_bind() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return serve(read_settings(argc, argv));
  } catch (const std::exception& trouble) {
    fmt::print(stderr, "httplib: {}\n", trouble.what());
    return 2;
  }
}
