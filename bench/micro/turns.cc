// SPDX-License-Identifier: MIT
// What a turn costs beyond bytes: the way through the ABI into a loaded plugin and back, finding a
// reply by its number, and a lease.
#include <benchmark/benchmark.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ground/clock.h"
#include "machine/candidate.h"
#include "machine/stream.h"
#include "state/generation.h"
#include "state/replies.h"
#include "support/toy_host.h"

namespace patchbay::bench {
namespace {

// The agent three, really loaded; its host takes every word and does nothing with it.
struct Loaded {
  std::unique_ptr<Generation> generation =
      *Generation::load(*Candidate::stage(THREE_PLUGIN), test::any_manifest());
  Agent& agent = **generation->make_agent(test::named("three"), test::toy_table(), nullptr);

  static Loaded& the() {
    static Loaded loaded;
    return loaded;
  }
};

vap_str_t lend(const std::string& text) {
  return {text.c_str(), text.size()};
}

void on_turn_through_the_abi(benchmark::State& state) {
  Agent& agent = Loaded::the().agent;
  const std::string event = "message", id = "conv_0123456789abcdef", text = "A dozen rolls.";
  const std::string json = R"({"type":"message","text":"A dozen rolls."})";
  vap_turn_t turn{};
  turn.struct_size = sizeof turn;
  turn.event = lend(event);
  turn.conversation_id = turn.session_id = turn.turn_id = lend(id);
  turn.text = lend(text);
  turn.json = lend(json);
  turn.deadline_ms = 30'000;
  for ([[maybe_unused]] auto one : state) {
    vap_error_t why{};
    if (agent.on_turn(turn, 1, why) != VAP_OK) state.SkipWithError("three answers");
  }
}
BENCHMARK(on_turn_through_the_abi);

void lease(benchmark::State& state) {
  Agent& agent = Loaded::the().agent;
  for ([[maybe_unused]] auto one : state) {
    const Lease held(agent);
    benchmark::DoNotOptimize(&held.agent());
  }
}
BENCHMARK(lease)->ThreadRange(1, 2)->UseRealTime();

// So many are open, and one after the other is looked up.
void find_a_reply(benchmark::State& state) {
  static Replies replies;
  Agent& agent = Loaded::the().agent;
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<vap_reply_t> numbers;
  for (std::size_t i = 0; i < count; ++i) {
    const auto reply =
        std::make_shared<Reply>(replies.next_number(), ReplyKind::silent,
                                TurnFacts{"message", "conv_" + std::to_string(i), "sess", "turn"},
                                Lease(agent), nullptr, Clock::now(), Milliseconds{30'000});
    replies.add(reply);
    numbers.push_back(reply->number());
  }
  std::size_t at = 0;
  for ([[maybe_unused]] auto one : state) {
    benchmark::DoNotOptimize(replies.find(numbers[at], agent));
    at = at + 1 == count ? 0 : at + 1;
  }
  for (const vap_reply_t number : numbers)
    replies.take(number, agent)->close(Outcome::answered, "");
}
BENCHMARK(find_a_reply)->Arg(1)->Arg(5'000);

// A reply from its beginning to its end, with three words, into a socket that takes them.
void answer(benchmark::State& state) {
  Agent& agent = Loaded::the().agent;
  int ends[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0)
    return state.SkipWithError("a socket pair");
  std::string heard(64 * 1024, '\0');
  for ([[maybe_unused]] auto one : state) {
    Stream::Setup setup;
    setup.socket = ends[0];
    const auto stream = std::make_shared<Stream>(std::move(setup));
    Reply reply(1, ReplyKind::stream, {"message", "conv", "sess", "turn"}, Lease(agent), stream,
                Clock::now(), Milliseconds{30'000});
    stream->begin_events();
    for (const char* word : {"A dozen rolls, gladly. ", "The rye bread is out at seven. ", "Both?"})
      reply.say(word, 0);
    reply.close(Outcome::answered, "");
    while (::read(ends[1], heard.data(), heard.size()) > 0) continue;
    stream->hang_up();
  }
  close(ends[0]);
  close(ends[1]);
}
BENCHMARK(answer);

}  // namespace
}  // namespace patchbay::bench
