// SPDX-License-Identifier: MIT
// What the parts of a turn cost in instructions, counted by callgrind: the same on every machine
// and at any load, so that a part that became dearer shows at once. Each part runs so many times
// under a count of its own. One thread, no plugin is loaded: the agent is linked in and called
// through its table, and what it says goes into a socket pair.
#include <fmt/core.h>
#include <sys/socket.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "codec/event.h"
#include "codec/http_request.h"
#include "codec/json_text.h"
#include "codec/signature.h"
#include "codec/sse.h"
#include "ground/clock.h"
#include "machine/stream.h"
#include "vap/vap.h"

namespace {

using namespace patchbay;

constexpr int times = 200;

void demand(bool holds, const char* what) {
  if (holds) return;
  fmt::print(stderr, "bench_costs: {} did not work\n", what);
  std::exit(1);
}

// Counts `part`, without its first runs: they load pages and resolve symbols.
void count(const char* name, const std::function<void()>& part) {
  for (int i = 0; i < 5; ++i) part();
  CALLGRIND_ZERO_STATS;
  for (int i = 0; i < times; ++i) part();
  CALLGRIND_DUMP_STATS_AT(name);
  fmt::print("{} {}\n", name, times);
}

const std::array secrets{Secret{"whsec_bench_0123456789"}};
const SigningKeys keys{secrets};
constexpr UnixSeconds now{Seconds{1'700'000'000}};

// As a pipeline sends it: 334 bytes of body.
std::string body() {
  return R"({"type":"message","session_id":"sess_0123456789abcdef","conversation_id":)"
         R"("conv_0123456789abcdef","turn_id":"turn_0123456789abcdef","text":"A dozen rolls for )"
         R"(tomorrow morning, and is the rye bread back?","interruption_context":)"
         R"({"previous_turn_interrupted":false},"metadata":{"language":"en-GB","caller":)"
         R"("a regular"},"connection_id":"0123"})";
}

std::string request() {
  return "POST /agents/bakery HTTP/1.1\r\nHost: voice.example.com\r\nUser-Agent: undici\r\n"
         "Accept: */*\r\nContent-Type: application/json\r\nlayercode-signature: " +
         sign(body(), secrets[0], now) +
         "\r\nAccept-Encoding: gzip, deflate, br\r\nContent-Length: " +
         std::to_string(body().size()) + "\r\n\r\n" + body();
}

// The listener's end of a stream, which takes whatever comes.
class Listener {
 public:
  Listener() { demand(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_) == 0, "socket"); }
  ~Listener() {
    close(ends_[0]);
    close(ends_[1]);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] Stream::Setup setup() const {
    Stream::Setup setup;
    setup.socket = ends_[0];
    return setup;
  }
  void read_all() {
    while (::read(ends_[1], bytes_.data(), bytes_.size()) > 0) continue;
  }

 private:
  int ends_[2] = {-1, -1};
  std::array<char, 65536> bytes_{};
};

// What the agent speaks into: the table's functions find it where the table is.
struct Seat {
  vap_host_t table{};
  const SseEncoder* encoder = nullptr;
  Stream* stream = nullptr;
  int said = 0;
};

vap_status_t say(const vap_host_t* host, vap_reply_t, vap_str_t text, vap_emit_flags_t) noexcept {
  Seat& seat = *const_cast<Seat*>(reinterpret_cast<const Seat*>(host));
  std::string event;
  seat.encoder->append_tts(event, {text.ptr, text.len});
  ++seat.said;
  return seat.stream->send(event, Moment::min()) == Stream::Sent::sent ? VAP_OK : VAP_E_FAILED;
}

void sit_down(Seat& seat) {
  vap_host_t& table = seat.table;
  table.struct_size = sizeof table;
  table.abi_minor = VAP_ABI_MINOR;
  table.get_extension = [](const vap_host_t*, const char*) noexcept -> const void* {
    return nullptr;
  };
  table.log = [](const vap_host_t*, vap_log_level_t, vap_str_t) noexcept {};
  table.say = say;
  table.data = say;
  table.end = [](const vap_host_t*, vap_reply_t, vap_status_t, const vap_error_t*) noexcept {
    return vap_status_t{VAP_OK};
  };
  table.cancelled = [](const vap_host_t*, vap_reply_t) noexcept {
    return vap_cancel_t{VAP_CANCEL_NONE};
  };
  table.time_left_ms = [](const vap_host_t*, vap_reply_t) noexcept { return std::int64_t{1000}; };
}

vap_str_t lend(const std::string& text) {
  return {text.c_str(), text.size()};
}

// One agent of the plugin that is linked in, bench/agents/three.cc.
class Bakery {
 public:
  Bakery() {
    sit_down(seat_);
    vap_config_t config{};
    config.struct_size = sizeof config;
    config.agent_id = {"default", 7};
    config.route = {"/agents/bakery", 14};
    config.json = {"{}", 2};
    vap_error_t why{};
    demand(plugin_.create(&seat_.table, &config, &agent_, &why) == VAP_OK, "create");
  }
  ~Bakery() { plugin_.destroy(agent_); }
  Bakery(const Bakery&) = delete;
  Bakery& operator=(const Bakery&) = delete;

  // A turn from its event to the last byte of its answer.
  void answer(const Event& event, const std::string& json, Listener& listener) {
    const SseEncoder encoder(event.turn_id);
    const auto stream = std::make_shared<Stream>(listener.setup());
    seat_.encoder = &encoder;
    seat_.stream = stream.get();
    seat_.said = 0;
    stream->begin_events();
    vap_turn_t turn{};
    turn.struct_size = sizeof turn;
    turn.event = lend(event.type_name);
    turn.conversation_id = lend(event.conversation_id);
    turn.session_id = lend(event.session_id);
    turn.turn_id = lend(*event.turn_id);
    turn.text = lend(event.text);
    turn.json = lend(json);
    turn.deadline_ms = 30'000;
    vap_error_t why{};
    demand(plugin_.on_turn(agent_, &turn, 1, &why) == VAP_OK && seat_.said == 3, "on_turn");
    std::string end;
    encoder.append_end(end);
    stream->finish(end);
    demand(stream->is_done(), "the end of the stream");
    listener.read_all();
    stream->hang_up();
  }

 private:
  const vap_plugin_t& plugin_ = *vap_plugin_v1();
  Seat seat_;
  vap_agent_t* agent_ = nullptr;
};

HttpRequest read(const std::string& bytes) {
  HttpRequestReader reader((HttpLimits()));
  demand(reader.feed(bytes) == bytes.size(), "read");
  return reader.take();
}

void verify(const HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (name == "layercode-signature")
      demand(!verify_signature(value, request.body, keys, now), "verify");
  }
}

void count_texts() {
  const SseEncoder encoder(std::string("turn_0123456789abcdef"));
  std::string hostile = "a\nb\"c\\d\xE2\x80\xA8\xF0\x9F\x98\x80\r\n\t\x01z\xFF\xC0\xAF";
  for (int i = 0; i < 3; ++i) hostile += hostile;
  const std::string large(100'000, 'w');
  const auto encode = [&](const std::string& text) {
    std::string out;
    encoder.append_tts(out, text);
    demand(out.size() > text.size(), "encode");
  };
  count("encode_short", [&] { encode("The rye bread comes out of the oven at seven. "); });
  count("encode_hostile", [&] { encode(hostile); });
  count("encode_100kB", [&] { encode(large); });
}

}  // namespace

int main() {
  const std::string bytes = request();
  const HttpRequest whole = read(bytes);
  const std::string json = body();
  const Event event = *decode_event(json);
  Listener listener;
  Bakery bakery;
  count("read", [&] { read(bytes); });
  count("verify", [&] { verify(whole); });
  count("decode", [&] { demand(static_cast<bool>(decode_event(json)), "decode"); });
  count("answer", [&] { bakery.answer(event, json, listener); });
  count_texts();
  count("turn", [&] {
    const HttpRequest asked = read(bytes);
    verify(asked);
    bakery.answer(*decode_event(asked.body), asked.body, listener);
  });
}
