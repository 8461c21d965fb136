// SPDX-License-Identifier: MIT
// Bytes in, value out: what a request and a word cost where nothing waits.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <string>

#include "codec/event.h"
#include "codec/http_request.h"
#include "codec/signature.h"
#include "codec/sse.h"

namespace patchbay::bench {
namespace {

const std::array secrets{Secret{"whsec_bench_0123456789"}};
const SigningKeys keys{secrets};
constexpr UnixSeconds now{Seconds{1'700'000'000}};

// A message, with a text of so many bytes.
std::string body_with(std::size_t text) {
  return R"({"type":"message","session_id":"sess_0123456789abcdef","conversation_id":)"
         R"("conv_0123456789abcdef","turn_id":"turn_0123456789abcdef","text":")" +
         std::string(text, 'w') + R"(","metadata":{"language":"en-GB"}})";
}

void note_bytes(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

void read_request(benchmark::State& state) {
  const std::string body = body_with(static_cast<std::size_t>(state.range(0)));
  const std::string bytes =
      "POST /agents/bakery HTTP/1.1\r\nHost: voice.example.com\r\n"
      "Content-Type: application/json\r\nlayercode-signature: " +
      sign(body, secrets[0], now) + "\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n\r\n" + body;
  for ([[maybe_unused]] auto one : state) {
    HttpRequestReader reader((HttpLimits()));
    benchmark::DoNotOptimize(reader.feed(bytes));
    benchmark::DoNotOptimize(reader.take());
  }
  note_bytes(state, bytes.size());
}
BENCHMARK(read_request)->Arg(60)->Arg(100'000);

void verify(benchmark::State& state) {
  const std::string body = body_with(static_cast<std::size_t>(state.range(0)));
  const std::string header = sign(body, secrets[0], now);
  for ([[maybe_unused]] auto one : state) {
    if (verify_signature(header, body, keys, now)) state.SkipWithError("it is signed");
  }
  note_bytes(state, body.size());
}
BENCHMARK(verify)->Arg(60)->Arg(100'000);

void decode(benchmark::State& state) {
  const std::string body = body_with(static_cast<std::size_t>(state.range(0)));
  for ([[maybe_unused]] auto one : state) {
    if (!decode_event(body)) state.SkipWithError("it is an event");
  }
  note_bytes(state, body.size());
}
BENCHMARK(decode)->Arg(60)->Arg(100'000);

void encode(benchmark::State& state, const std::string& text) {
  const SseEncoder encoder(std::string("turn_0123456789abcdef"));
  for ([[maybe_unused]] auto one : state) {
    std::string out;
    encoder.append_tts(out, text);
    benchmark::DoNotOptimize(out);
  }
  note_bytes(state, text.size());
}
// All that must be escaped or repaired.
std::string hostile() {
  std::string text = "a\nb\"c\\d\xE2\x80\xA8\xF0\x9F\x98\x80\r\n\t\x01z\xFF\xC0\xAF";
  for (int i = 0; i < 3; ++i) text += text;
  return text;
}
BENCHMARK_CAPTURE(encode, short, std::string("The rye bread comes out of the oven at seven. "));
BENCHMARK_CAPTURE(encode, hostile, hostile());
BENCHMARK_CAPTURE(encode, 100kB, std::string(100'000, 'w'));

}  // namespace
}  // namespace patchbay::bench
