// SPDX-License-Identifier: MIT
#include "beast/session.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_cat.hpp>
#include <chrono>
#include <numeric>
#include <string_view>

namespace patchbay::bench {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::chrono::seconds idle{30};

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

template <class Response>
void set_stream_head(Response& response, bool keep_alive) {
  response.result(http::status::ok);
  response.set(http::field::content_type, "text/event-stream");
  response.set(http::field::cache_control, "no-cache, no-transform");
  response.keep_alive(keep_alive);
  response.chunked(true);
}

}  // namespace

Session::Session(net::ip::tcp::socket socket, const Settings& settings)
    : settings_(settings), stream_(std::move(socket)) {}

void Session::read() {
  request_ = {};
  stream_.expires_after(idle);
  http::async_read(stream_, buffer_, request_,
                   [self = shared_from_this()](beast::error_code wrong, std::size_t) {
                     if (!wrong) self->answer();
                   });
}

void Session::answer() {
  const auto refuse = [this](http::status status) {
    http::response<Text> response{status, request_.version()};
    response.keep_alive(request_.keep_alive());
    response.prepare_payload();
    send_whole(std::move(response));
  };
  if (request_.method() != http::verb::post || request_.target() != "/agent")
    return refuse(http::status::not_found);
  if (!is_signed(settings_.secret, view(request_["layercode-signature"]), request_.body()))
    return refuse(http::status::unauthorized);
  const auto turn_id = turn_id_of(request_.body());
  if (!turn_id) return refuse(http::status::bad_request);
  events_ = events_of(*turn_id, settings_.says);
  if (!settings_.coalesced) return send_head();
  http::response<Text> response;
  set_stream_head(response, request_.keep_alive());
  response.body() = std::accumulate(events_.begin(), events_.end(), std::string());
  send_whole(std::move(response));
}

void Session::send_whole(http::response<Text> response) {
  whole_ = std::move(response);
  http::async_write(stream_, whole_,
                    [self = shared_from_this()](beast::error_code wrong, std::size_t) {
                      if (!wrong) self->finish();
                    });
}

void Session::send_head() {
  next_ = 0;
  head_ = {};
  set_stream_head(head_, request_.keep_alive());
  head_writer_.emplace(head_);
  http::async_write_header(stream_, *head_writer_,
                           [self = shared_from_this()](beast::error_code wrong, std::size_t) {
                             if (!wrong) self->send_event();
                           });
}

void Session::send_event() {
  const auto chunk = http::make_chunk(net::buffer(events_[next_++]));
  if (next_ < events_.size()) {
    net::async_write(stream_, chunk,
                     [self = shared_from_this()](beast::error_code wrong, std::size_t) {
                       if (!wrong) self->send_event();
                     });
    return;
  }
  net::async_write(stream_, beast::buffers_cat(chunk, http::make_chunk_last()),
                   [self = shared_from_this()](beast::error_code wrong, std::size_t) {
                     if (!wrong) self->finish();
                   });
}

void Session::finish() {
  if (request_.keep_alive()) return read();
  beast::error_code ignored;
  stream_.socket().shutdown(net::ip::tcp::socket::shutdown_send, ignored);
}

}  // namespace patchbay::bench
