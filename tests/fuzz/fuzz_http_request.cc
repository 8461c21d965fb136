// SPDX-License-Identifier: MIT
// Bytes alone must not hurt the strict front, and where they are cut must not change what it makes
// of them. The first eight bytes say where to cut and how small the limits are; the rest is sent.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "codec/http_request.h"

namespace {

using patchbay::HttpLimits;
using patchbay::HttpRequest;
using patchbay::HttpRequestReader;
using State = HttpRequestReader::State;

void demand(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

// What every request that comes out must be, whatever went in.
void demand_sound(const HttpRequest& request, const HttpLimits& limits) {
  demand(request.path.starts_with('/'), "a path begins with a slash");
  demand(request.path.size() + request.query.size() <= limits.target, "the target's limit");
  demand(request.body.size() <= limits.body, "the body's limit");
  demand(request.headers.size() <= limits.header_lines, "the limit of lines");
  demand(request.minor == 0 || request.count("host") == 1, "one host");
  demand(request.count("content-length") + request.count("transfer-encoding") <= 1, "one framing");
  for (const auto& [name, value] : request.headers) {
    demand(!name.empty(), "a header has a name");
    demand(name.find_first_of("ABCXYZ \t\r\n:") == name.npos, "a name is a token in lower case");
    demand(value.find_first_of(std::string_view("\0\r\n", 3)) == value.npos, "a value is one line");
  }
}

// Everything that a caller can see, as one text.
class Listener {
 public:
  explicit Listener(const HttpLimits& limits, std::size_t room = HttpRequestReader::any_room)
      : limits_(limits), reader_(limits, room) {}

  void hear(std::string_view piece) {
    while (!piece.empty() && reader_.state() != State::refused) {
      const std::size_t eaten = reader_.feed(piece);
      demand((eaten > 0 || reader_.wants_room()) && eaten <= piece.size(), "each call goes on");
      while (reader_.wants_room()) reader_.give_room();
      eaten_ += eaten;
      piece.remove_prefix(eaten);
      if (reader_.state() == State::complete) note(reader_.take());
    }
  }
  std::string heard() {
    heard_ += "end " + std::to_string(static_cast<int>(reader_.state())) + " at " +
              std::to_string(eaten_) + (reader_.wants_continue() ? " waits" : "");
    if (reader_.state() == State::refused) heard_ += reader_.refusal().code;
    return heard_;
  }

 private:
  void note(const HttpRequest& request) {
    demand_sound(request, limits_);
    heard_ += request.method + ' ' + request.path + '?' + request.query + ' ' +
              std::to_string(request.minor) + (request.keep_alive ? " keep\n" : " close\n");
    for (const auto& [name, value] : request.headers) {
      heard_.append(name).append(1, ':').append(value).append(1, '\n');
    }
    heard_ += request.body + '\n';
  }

  const HttpLimits& limits_;
  HttpRequestReader reader_;
  std::string heard_;
  std::size_t eaten_ = 0;
};

}  // namespace

// libFuzzer gives the name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::array<std::uint8_t, 8> plan{};
  if (size < plan.size()) return 0;
  std::copy_n(data, plan.size(), plan.begin());
  const std::string sent(data + plan.size(), data + size);
  const std::string_view bytes = sent;

  HttpLimits limits;
  if ((plan[0] & 1U) != 0) limits = {.head = 96, .header_lines = 4, .target = 12, .body = 20};

  Listener whole(limits);
  whole.hear(bytes);
  const std::string expected = whole.heard();

  Listener single(limits);
  for (std::size_t i = 0; i < bytes.size(); ++i) single.hear(bytes.substr(i, 1));
  demand(single.heard() == expected, "byte by byte is like whole");

  Listener roomless(limits, 1 + plan[1] % 16);
  roomless.hear(bytes);
  demand(roomless.heard() == expected, "in small rooms is like in one without walls");

  Listener cut(limits);
  std::size_t from = 0;
  for (const std::uint8_t step : plan) {
    const std::size_t to = std::min(bytes.size(), from + step);
    cut.hear(bytes.substr(from, to - from));
    from = to;
  }
  cut.hear(bytes.substr(from));
  demand(cut.heard() == expected, "cut in pieces is like whole");
  return 0;
}
