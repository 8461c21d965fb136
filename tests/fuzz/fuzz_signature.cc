// SPDX-License-Identifier: MIT
// Can a header be accepted that nobody signed? The input is a header, a line break, and a body.
// Each
// '@' of the header stands for the true MAC, which a fuzzer could never guess: so it can play with
// what stands around a good signature.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "codec/signature.h"

namespace {

using patchbay::Secret;
using patchbay::SigningKeys;
using patchbay::UnixSeconds;

constexpr std::int64_t seconds = 1'700'000'000;
constexpr std::string_view stamp = "1700000000";

void require(bool promise) {
  if (!promise) std::abort();
}

std::string with_macs(std::string_view pattern, std::string_view mac) {
  std::string header;
  for (const char c : pattern) {
    if (c == '@') {
      header += mac;
    } else {
      header += c;
    }
  }
  return header;
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// The rule of protocol §3.2, said a second time in the plainest way.
bool must_accept(std::string_view header, std::string_view mac) {
  header = trim(header);
  if (header.size() > 1024) return false;
  for (const char c : header) {
    if (c != '\t' && (c < 0x20 || c > 0x7E)) return false;
  }
  std::size_t times = 0;
  std::size_t macs = 0;
  bool right_time = false;
  bool right_mac = false;
  while (true) {
    const std::size_t comma = header.find(',');
    const std::string_view item = trim(header.substr(0, comma));
    if (item.starts_with("t=")) {
      ++times;
      right_time = item.substr(2) == stamp;
    }
    if (item.starts_with("v1=")) {
      ++macs;
      right_mac = right_mac || item.substr(3) == mac;
    }
    if (comma == std::string_view::npos) break;
    header.remove_prefix(comma + 1);
  }
  return times == 1 && macs <= 8 && right_time && right_mac;
}

}  // namespace

// The name is libFuzzer's.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array secrets{Secret{"another"}, Secret{""}, Secret{"whsec_test_0123456789"}};
  static const SigningKeys keys{secrets};
  const UnixSeconds now{patchbay::Seconds{seconds}};
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line_break = input.find('\n');
  const std::string_view body =
      line_break == std::string_view::npos ? std::string_view{} : input.substr(line_break + 1);

  const std::string signed_header = patchbay::sign(body, secrets[2], now);
  require(!patchbay::verify_signature(signed_header, body, keys, now));

  const std::string_view mac = std::string_view(signed_header).substr(signed_header.size() - 64);
  const std::string header = with_macs(input.substr(0, line_break), mac);
  const patchbay::Problem problem = patchbay::verify_signature(header, body, keys, now);
  require(problem.has_value() != must_accept(header, mac));
  if (problem) {
    require(!problem->code.empty() && !problem->message.empty() && !problem->hint.empty());
    require(problem->text().find(mac) == std::string::npos);
  }
  return 0;
}
