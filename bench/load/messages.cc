// SPDX-License-Identifier: MIT
#include "messages.h"

#include <fmt/format.h>

#include <ctime>
#include <iterator>

namespace patchbay::bench {

void append_json(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

Messages::Messages(const Options& options) : options_(options), signer_(options.secret) {
  append_json(text_, options.text);
  head_ = fmt::format(
      "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n{}layercode-signature: ",
      options.path, options.host, options.new_connections ? "Connection: close\r\n" : "");
}

void Messages::next(std::string& request, std::string& turn_id, std::size_t caller,
                    std::uint64_t turn) {
  const std::uint64_t lane = turn % options_.conversations;
  const std::uint64_t talk = options_.turns_of_a_conversation == 0
                                 ? 0
                                 : turn / options_.conversations / options_.turns_of_a_conversation;
  turn_id.clear();
  fmt::format_to(std::back_inserter(turn_id), "turn_{}_{}", options_.run, ++count_);
  body_.clear();
  fmt::format_to(
      std::back_inserter(body_),
      R"({{"type":"message","session_id":"sess_{}_{}","conversation_id":"conv_{}_{}_{}_{}",)"
      R"("turn_id":"{}","text":{}}})",
      options_.run, caller, options_.run, caller, lane, talk, turn_id, text_);
  request = head_;
  signer_.append(request, body_, std::time(nullptr));
  fmt::format_to(std::back_inserter(request), "\r\nContent-Length: {}\r\n\r\n", body_.size());
  request += body_;
}

}  // namespace patchbay::bench
