// SPDX-License-Identifier: MIT
// What a webhook goes through before an agent hears of it, one after the other: is it signed, then
// what does it say? The input is a header, a line break, and a body; each '@' of the header stands
// for the true MAC. Nothing is decoded that nobody signed, and where one byte of a signed body is
// another, nobody has signed it.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "codec/event.h"
#include "codec/signature.h"
#include "codec/sse.h"
#include "ground/text.h"

namespace {

using patchbay::Event;
using patchbay::Result;
using patchbay::Secret;
using patchbay::SigningKeys;
using patchbay::UnixSeconds;

void require(bool promise) {
  if (!promise) std::abort();
}

std::string with_macs(std::string_view pattern, std::string_view mac) {
  std::string header;
  for (const char c : pattern) c == '@' ? header.append(mac) : header.append(1, c);
  return header;
}

// As an answer would name it.
void check_answer(const Event& event) {
  std::string out;
  const patchbay::SseEncoder encoder(event.turn_id);
  encoder.append_tts(out, event.text);
  require(out.starts_with("data: {") && out.ends_with("}\n\n"));
  require(out.find('\n') == out.size() - 2 && out.find('\r') == std::string::npos);
  require(patchbay::is_utf8(out));
}

}  // namespace

// The name is libFuzzer's.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array secrets{Secret{"whsec_test_0123456789"}};
  static const SigningKeys keys{secrets};
  const UnixSeconds now{patchbay::Seconds{1'700'000'000}};
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line_break = input.find('\n');
  if (line_break == std::string_view::npos) return 0;
  const std::string_view body = input.substr(line_break + 1);
  const std::string mac = patchbay::sign(body, secrets[0], now).substr(16);  // "t=1700000000,v1="
  require(mac.size() == 64);
  const std::string header = with_macs(input.substr(0, line_break), mac);

  if (patchbay::verify_signature(header, body, keys, now)) return 0;
  const Result<Event> event = patchbay::decode_event(body);
  if (event) {
    check_answer(*event);
  } else {
    require(!event.error().code.empty() && !event.error().message.empty());
  }
  if (body.empty()) return 0;
  std::string other(body);
  char& byte = other[size % other.size()];
  byte = static_cast<char>(byte ^ 1);
  require(patchbay::verify_signature(header, other, keys, now).has_value());
  return 0;
}
