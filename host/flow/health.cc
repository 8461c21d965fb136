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
  exchange.stream->answer(response);
}

std::string_view word_for(const Scribe::Standing& store, bool readable) {
  if (store.down_since || !readable) return "down";
  return store.slow_since ? "slow" : "up";
}

std::string store_numbers(const Scribe::Standing& store, const Archive& archive) {
  return fmt::format(
      "# TYPE patchbay_store_up gauge\npatchbay_store_up {}\n"
      "# TYPE patchbay_store_waiting gauge\npatchbay_store_waiting {}\n"
      "# TYPE patchbay_store_unread gauge\npatchbay_store_unread {}\n"
      "# TYPE patchbay_store_unread_bytes gauge\npatchbay_store_unread_bytes {}\n"
      "# TYPE patchbay_store_written_total counter\npatchbay_store_written_total {}\n"
      "# TYPE patchbay_store_late_total counter\npatchbay_store_late_total {}\n"
      "# TYPE patchbay_store_lost_total counter\npatchbay_store_lost_total {}\n",
      store.down_since || !archive.is_readable() ? 0 : 1, store.waiting, archive.waiting(),
      archive.waiting_bytes(), store.written, store.late, store.lost);
}

}  // namespace

void Health::live(Exchange&& exchange) const {
  answer(exchange, 200, R"({"status":"ok"})");
}

void Health::ready(Exchange&& exchange) const {
  const std::size_t agents = routes_.agents();
  if (draining_) return answer(exchange, 503, R"({"status":"draining"})");
  if (agents == 0) return answer(exchange, 503, R"({"status":"no agents"})");
  answer(exchange, 200,
         fmt::format(R"({{"status":"ready","agents":{},"store":"{}"}})", agents,
                     word_for(scribe_.standing(), archive_.is_readable())));
}

void Health::numbers(Exchange&& exchange) const {
  const std::string open = fmt::format(
      "# TYPE patchbay_turns_open gauge\npatchbay_turns_open {}\n"
      "# TYPE patchbay_body_bytes gauge\npatchbay_body_bytes {}\n",
      turns_.open(), bodies_.taken());
  answer(exchange, 200, open + store_numbers(scribe_.standing(), archive_) + metrics_.text(),
         "text/plain; version=0.0.4");
}

}  // namespace patchbay
