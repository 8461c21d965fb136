// SPDX-License-Identifier: MIT
#include "machine/http_client.h"

#include <fmt/format.h>
#include <httplib.h>

namespace patchbay {
namespace {

constexpr std::size_t largest_answer = 1024 * 1024;  // bytes

// "https://host:port/path" cut in two before the path; cpp-httplib wants them apart.
std::pair<std::string, std::string> split(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t path = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  return path == std::string::npos ? std::pair{url, std::string("/")}
                                   : std::pair{url.substr(0, path), url.substr(path)};
}

Error no_answer(const std::string& server, httplib::Error why) {
  return {"upstream_unreachable",
          fmt::format("{} does not answer: {}", server, httplib::to_string(why)),
          "check the address, the network and the certificate"};
}

}  // namespace

Result<HttpResponse> post(const Post& request) {
  const auto [server, path] = split(request.url);
  httplib::Client client(server);
  if (!client.is_valid())
    return Error{"bad_upstream", fmt::format("{} is no address of a server", server),
                 "write http://HOST:PORT or https://HOST"};
  client.set_connection_timeout(request.timeout);
  client.set_read_timeout(request.timeout);
  client.set_write_timeout(request.timeout);
  client.set_follow_location(false);

  httplib::Request outgoing;
  outgoing.method = "POST";
  outgoing.path = path;
  outgoing.body = request.body;
  for (const auto& [name, value] : request.headers) outgoing.headers.emplace(name, value);
  HttpResponse answer;
  bool too_large = false;
  outgoing.content_receiver = [&](const char* bytes, std::size_t size, std::uint64_t,
                                  std::uint64_t) {
    too_large = answer.body.size() + size > largest_answer;
    if (!too_large) answer.body.append(bytes, size);
    return !too_large;
  };
  const httplib::Result result = client.send(outgoing);
  if (too_large)
    return Error{"upstream_too_large",
                 fmt::format("{} answered more than {} bytes", server, largest_answer), ""};
  if (!result) return no_answer(server, result.error());
  answer.status = result->status;
  answer.reason = result->reason;
  answer.content_type = result->get_header_value("Content-Type");
  return answer;
}

}  // namespace patchbay
