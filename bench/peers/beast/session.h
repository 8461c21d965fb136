// SPDX-License-Identifier: MIT
//
// session - one connection of Boost.Beast's: reads a request, answers it, reads the next. It lives
// as long as an operation of it is under way, each of which holds it; they run one after the other,
// on its strand.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "work/work.h"

namespace patchbay::bench {

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(boost::asio::ip::tcp::socket socket, const Settings& settings);  // outlives it
  void read();

 private:
  using Text = boost::beast::http::string_body;
  using Empty = boost::beast::http::empty_body;

  void answer();
  void send_whole(boost::beast::http::response<Text> response);
  void send_head();
  void send_event();
  void finish();

  const Settings& settings_;
  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  boost::beast::http::request<Text> request_;
  boost::beast::http::response<Text> whole_;
  boost::beast::http::response<Empty> head_;
  std::optional<boost::beast::http::response_serializer<Empty>> head_writer_;
  std::vector<std::string> events_;
  std::size_t next_ = 0;  // of the events
};

}  // namespace patchbay::bench
