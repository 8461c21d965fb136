// SPDX-License-Identifier: MIT
// One POST whose answer is handed on piece by piece as it arrives, and can be dropped at any moment
// by closing the connection, as a voice pipeline does. Follows no redirect, repeats nothing.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/http_answer.h"
#include "codec/url.h"
#include "ground/clock.h"
#include "ground/result.h"
#include "machine/client_socket.h"
#include "machine/interrupt.h"

namespace patchbay {

struct LivePost {
  Url url;
  TlsTrust trust = {};
  std::vector<std::pair<std::string, std::string>> headers;  // besides Host and Content-Length
  std::string body;
  Milliseconds connect_timeout{5'000};
  Milliseconds patience{60'000};  // how long the server may be silent before it answers
};

// Is given the head and each piece of the body; returns how long the server may be silent next.
using OnPiece = std::function<Milliseconds(const HttpAnswerHead&, std::string_view piece)>;

// Returns the head when the whole body was handed on; an answer with a bad status is an answer.
// Error: those of ClientSocket and of HttpAnswerReader; "interrupted" within a millisecond of the
// interrupt. on_piece runs on the calling thread. [any]
Result<HttpAnswerHead> post_live(const LivePost& post, const OnPiece& on_piece,
                                 const Interrupt& interrupt);

}  // namespace patchbay
