// SPDX-License-Identifier: MIT
#include "flow/health.h"

#include <fmt/format.h>

#include "codec/http_response.h"

namespace patchbay {
namespace {

void answer(const Exchange& exchange, int status, std::string body,
            std::string content_type = "application/json") {
  HttpResponse response;
  response.status = status;
  response.content_type = std::move(content_type);
  response.body = std::move(body);
  exchange.stream->answer(encode_response(response, exchange.stream->keep_alive()));
}

}  // namespace

void Health::live(Exchange&& exchange) const {
  answer(exchange, 200, R"({"status":"ok"})");
}

void Health::ready(Exchange&& exchange) const {
  const std::size_t agents = routes_.agents();
  if (draining_) return answer(exchange, 503, R"({"status":"draining"})");
  if (agents == 0) return answer(exchange, 503, R"({"status":"no agents"})");
  answer(exchange, 200, fmt::format(R"({{"status":"ready","agents":{}}})", agents));
}

void Health::numbers(Exchange&& exchange) const {
  const std::string open =
      fmt::format("# TYPE patchbay_turns_open gauge\npatchbay_turns_open {}\n", turns_.open());
  answer(exchange, 200, open + metrics_.text(), "text/plain; version=0.0.4");
}

}  // namespace patchbay
