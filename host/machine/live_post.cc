// SPDX-License-Identifier: MIT
#include "machine/live_post.h"

#include <array>
#include <memory>
#include <optional>

namespace patchbay {
namespace {

std::string encode(const LivePost& post) {
  std::string out = "POST " + (post.url.target.empty() ? "/" : post.url.target) + " HTTP/1.1\r\n";
  out += "Host: " + post.url.authority() + "\r\n";
  for (const auto& [name, value] : post.headers) out += name + ": " + value + "\r\n";
  out += "Content-Length: " + std::to_string(post.body.size()) + "\r\nConnection: close\r\n\r\n";
  return out + post.body;
}

Error silent(const Url& url, Milliseconds patience) {
  return {"timed_out",
          url.authority() + " was silent for " + std::to_string(patience.count()) + " ms", ""};
}

Result<HttpAnswerHead> receive(ClientSocket& socket, const LivePost& post, const OnPiece& on_piece,
                               const Interrupt& interrupt) {
  HttpAnswerReader reader;
  std::array<char, 16 * 1024> buffer;
  std::string body;
  Milliseconds patience = post.patience;
  while (!reader.done()) {
    const auto size = socket.receive(buffer, Clock::now() + patience, interrupt);
    if (!size) return size.error().code == "timed_out" ? silent(post.url, patience) : size.error();
    if (*size == 0) {
      if (Problem cut = reader.finish()) return *std::move(cut);
      break;
    }
    body.clear();
    const Problem broken = reader.feed({buffer.data(), *size}, body);
    if (!body.empty()) patience = on_piece(reader.head(), body);
    if (broken) return *broken;
  }
  return reader.head();
}

}  // namespace

Result<HttpAnswerHead> post_live(const LivePost& post, const OnPiece& on_piece,
                                 const Interrupt& interrupt) {
  const Moment deadline = Clock::now() + post.connect_timeout;
  const auto socket = ClientSocket::connect(post.url, deadline, interrupt, post.trust);
  if (!socket) return socket.error();
  const Problem unsent = (*socket)->send(encode(post), Clock::now() + post.patience, interrupt);
  // A server that refuses early closes on what we still send; its answer says why.
  if (unsent && unsent->code != "connection_lost") return *unsent;
  Result<HttpAnswerHead> head = receive(**socket, post, on_piece, interrupt);
  if (!head && unsent) return *unsent;
  return head;
}

}  // namespace patchbay
