// SPDX-License-Identifier: MIT
#include "machine/local_client.h"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>

namespace patchbay {
namespace {

constexpr std::size_t largest_answer = std::size_t{16} * 1024 * 1024;  // bytes

}  // namespace

Result<HttpResponse> fetch(const LocalRequest& request) {
  httplib::Client client(request.socket, 80);
  client.set_address_family(AF_UNIX);
  client.set_connection_timeout(request.timeout);
  client.set_read_timeout(request.timeout);
  client.set_write_timeout(request.timeout);

  httplib::Request outgoing;
  outgoing.method = request.method;
  outgoing.path = request.path;
  outgoing.body = request.body;
  // It would name the socket's path, which is no name of a host.
  outgoing.headers.emplace("Host", "localhost");
  if (!request.body.empty()) outgoing.headers.emplace("Content-Type", "application/json");
  HttpResponse answer;
  outgoing.content_receiver = [&](const char* bytes, std::size_t size, std::uint64_t,
                                  std::uint64_t) {
    answer.body.append(bytes, size);
    return answer.body.size() <= largest_answer;
  };
  const httplib::Result result = client.send(outgoing);
  if (!result)
    return Error{
        "no_answer",
        fmt::format("{} does not answer: {}", request.socket, httplib::to_string(result.error())),
        "check that a host runs there"};
  answer.status = result->status;
  answer.reason = result->reason;
  answer.content_type = result->get_header_value("Content-Type");
  return answer;
}

}  // namespace patchbay
