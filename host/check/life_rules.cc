// SPDX-License-Identifier: MIT
#include "check/life_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "ground/text.h"
#include "machine/process_state.h"
#include "vap/vap.h"

namespace patchbay {
namespace {

Verdict creates_an_agent(const Trial& trial) {
  const Subject& subject = trial.subject;
  if (const Problem wrong = check_agent_config(*subject.manifest, subject.config_json)) {
    return failed(
        fmt::format("its own schema refuses this configuration: {} (give another with --config)",
                    wrong->message));
  }
  const Result<Rehearsal*> on = rehearse(trial);
  if (on) return passed();
  return on.error().code == "cannot_load" ? cannot_begin(on.error()) : failed(on.error().message);
}

Verdict selftest_passes(const Trial& trial) {
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) return cannot_begin(on.error());
  const TrialAgent& agent = *(*on)->agent;
  const auto* test =
      static_cast<const vap_ext_selftest_t*>(agent.plugin().get_extension(VAP_EXT_SELFTEST));
  if (test == nullptr) return skipped("it has no vap.selftest/1");
  trial.step("selftest");
  vap_error_t why{};
  const vap_status_t status = test->run(agent.made(), &why);
  if (status >= 0) return passed();
  return failed(fmt::format("its self-test fails with status {}: {}", status,
                            printable({why.message, ::strnlen(why.message, sizeof why.message)})));
}

// --- nothing is left behind

// The first rounds fill caches: what grows after them grows for ever.
constexpr int warm_up = 20, rounds = 100;

Verdict compare(const ProcessHoldings& before, const ProcessHoldings& after) {
  constexpr std::size_t heap_noise = 64 * rounds;  // bytes
  // An allocator that cannot tell is a sanitizer's, which keeps for a while what was given back.
  const std::size_t resident_noise = (before.heap == 0 ? 16 : 1) * 1024 * 1024;  // bytes
  if (after.threads > before.threads) {
    return failed(
        fmt::format("{} agents leave {} threads behind", rounds, after.threads - before.threads));
  }
  if (after.descriptors > before.descriptors) {
    return failed(fmt::format("{} agents leave {} files open", rounds,
                              after.descriptors - before.descriptors));
  }
  if (after.heap > before.heap + heap_noise) {
    return failed(fmt::format("each agent leaves {} bytes of memory behind",
                              (after.heap - before.heap) / rounds));
  }
  if (after.resident > before.resident + resident_noise) {
    return failed(fmt::format("{} agents leave {} KiB of memory behind", rounds,
                              (after.resident - before.resident) / 1024));
  }
  return passed();
}

Verdict create_destroy_many(const Trial& trial) {
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) return cannot_begin(on.error());
  ProcessHoldings before;
  for (int i = 0; i < warm_up + rounds; ++i) {
    if (i == warm_up) before = process_holdings();
    trial.step(fmt::format("create, round {}", i + 2));
    Result<std::unique_ptr<TrialAgent>> made =
        TrialAgent::create((*on)->library->plugin(), terms_of(trial.subject));
    if (!made) return failed(fmt::format("in round {}, {}", i + 2, made.error().message));
    trial.step(fmt::format("destroy, round {}", i + 2));
    (*made)->destroy();
  }
  return compare(before, process_holdings());
}

Verdict destroy_joins_threads(const Trial& trial) {
  const std::size_t before = process_holdings().threads;
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) return cannot_begin(on.error());
  TrialAgent& agent = *(*on)->agent;
  if (!agent.perform(message_for(trial.subject)).ended)
    return skipped("a reply was never ended (see ends-once)");
  trial.step("destroy");
  agent.destroy();
  if (threads_fall_to(before, Milliseconds{100})) return passed();
  return failed(fmt::format("{} of its threads still run when destroy() has returned",
                            process_holdings().threads - before));
}

Verdict really_unloads(const Trial& trial) {
  if (!trial.subject.manifest->unload) return skipped("its manifest says unload: no");
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) return cannot_begin(on.error());
  TrialAgent& agent = *(*on)->agent;
  if (!agent.perform(message_for(trial.subject)).ended)
    return skipped("a reply was never ended (see ends-once)");
  trial.step("destroy");
  agent.destroy();
  trial.step("unloading");
  if (!(*on)->library->unload()) return failed("it is still mapped after dlclose()");
  // A thread of it that is still there runs unmapped memory as soon as it wakes.
  std::this_thread::sleep_for(Milliseconds{100});
  return passed();
}

// --- more than one

Verdict two_agents_at_once(const Trial& trial) {
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) return cannot_begin(on.error());
  TrialAgent& first = *(*on)->agent;
  trial.step("create, for a second agent");
  Result<std::unique_ptr<TrialAgent>> made =
      TrialAgent::create(first.plugin(), terms_of(trial.subject));
  if (!made) return failed(fmt::format("a second agent cannot be made: {}", made.error().message));
  TrialAgent& second = *std::move(*made).release();

  // A new caller each time: what an agent remembers of one may be a reason to say less.
  int callers = 0;
  const auto first_words = [&] {
    TurnText text = message_for(trial.subject);
    text.conversation = fmt::format("conv_{}", ++callers);
    return text;
  };
  trial.step("on_turn of two agents in turn");
  const TurnEnd of_first = first.perform(first_words());
  const TurnEnd of_second = second.perform(first_words());
  const TurnEnd of_first_again = first.perform(first_words());
  if (first.host().strange_calls() + second.host().strange_calls() > 0) {
    return failed("one agent speaks to the host with the other one's reply");
  }
  if (!of_first.ended || !of_second.ended)
    return skipped("a reply was never ended (see ends-once)");
  if (of_first.heard.silent() != of_second.heard.silent() ||
      of_first.heard.silent() != of_first_again.heard.silent()) {
    return failed("beside another agent, one falls silent");
  }
  trial.step("destroy, of the second agent");
  second.destroy();
  trial.step("on_turn of the agent that is left");
  const TurnEnd last = first.perform(first_words());
  if (last.heard.silent() != of_first.heard.silent())
    return failed("an agent falls silent when another is destroyed");
  return passed();
}

Verdict loaded_twice_shares_nothing(const Trial& trial) {
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) return cannot_begin(on.error());
  trial.step("loading a second copy");
  const Result<Candidate> copy = Candidate::stage(trial.subject.candidate.file());
  if (!copy) return skipped(copy.error().message);
  Result<Library> library = Library::load(*copy);
  if (!library)
    return failed(
        fmt::format("a second copy cannot be loaded beside it: {}", library.error().message));
  const Library& second = *std::make_unique<Library>(*std::move(library)).release();

  const Library& first = *(*on)->library;
  if (&second.plugin() == &first.plugin()) return failed("two copies give one table");
  for (const std::string& symbol : trial.subject.facts->unique) {
    const void* address = first.find_symbol(symbol);
    if (address != nullptr && address == second.find_symbol(symbol)) {
      return failed(fmt::format("two copies share {}", printable(symbol)));
    }
  }
  trial.step("create, in the second copy");
  Result<std::unique_ptr<TrialAgent>> made =
      TrialAgent::create(second.plugin(), terms_of(trial.subject));
  if (!made)
    return failed(fmt::format("the second copy can make no agent: {}", made.error().message));
  TrialAgent& agent = *std::move(*made).release();
  trial.step("on_turn, in both copies");
  const TurnEnd here = (*on)->agent->perform(message_for(trial.subject));
  const TurnEnd there = agent.perform(message_for(trial.subject));
  if (here.heard.silent() == there.heard.silent()) return passed();
  return failed("of two copies, one falls silent");
}

// --- configurations

Verdict bad_config_is_an_error(const Trial& trial) {
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) return cannot_begin(on.error());
  const std::string deep(100'000, '[');
  const std::string endless = "{\"x\":\"" + std::string(1'000'000, 'x');
  for (const std::string_view config :
       {std::string_view(""), std::string_view("{"), std::string_view("nonsense"),
        std::string_view("null"), std::string_view("[]"), std::string_view("{\"a\":"),
        std::string_view("{\"\\ud800\":\"\\"), std::string_view(deep), std::string_view(endless)}) {
    trial.step(fmt::format("create with the configuration '{:.40}'", config));
    TrialTerms terms = terms_of(trial.subject);
    terms.config_json = config;
    Result<std::unique_ptr<TrialAgent>> made = TrialAgent::create((*on)->library->plugin(), terms);
    if (!made && made.error().code == "create_empty") return failed(made.error().message);
    if (made) (*made)->destroy();
  }
  return passed();
}

constexpr Rule::Needs loadable = Rule::Needs::loadable;

constexpr Rule rules[] = {
    {"creates-an-agent", "life", loadable, "loads",
     "create() makes an agent of the configuration that it is given.",
     "Without an agent nothing of a plugin can serve.",
     "Read what create() says; give a good configuration with --config, and describe it in "
     "config_schema.",
     creates_an_agent},
    {"selftest-passes", "life", loadable, "creates-an-agent", "A self-test that is offered passes.",
     "A host puts no calls on an agent that calls itself unfit.",
     "Mend what the self-test finds, or have it test what the agent cannot do without.",
     selftest_passes},
    {"create-destroy-many", "life", loadable, "creates-an-agent",
     "After a hundred agents were made and destroyed there are no more threads, open files or "
     "memory than before.",
     "Every reload and every change of configuration makes an agent and destroys one.",
     "Give back in destroy() what create() took; run the host under valgrind or -fsanitize=leak to "
     "find what.",
     create_destroy_many},
    {"bad-config-is-an-error", "life", loadable, "creates-an-agent",
     "A configuration that is no JSON object is refused or ignored, never a crash.",
     "Operators make mistakes; a reload with one must leave the old version serving.",
     "Check what the parser returns, catch what it throws, and return VAP_E_INVALID.",
     bad_config_is_an_error},
    {"two-agents-at-once", "life", loadable, "ends-once",
     "Two agents of one plugin work side by side, each with its own host.",
     "A host makes one agent for each route that names the plugin, and two during a change of "
     "configuration.",
     "Keep the host pointer and all state in the agent that create() makes, not in globals.",
     two_agents_at_once},
    {"destroy-joins-threads", "life", loadable, "ends-once",
     "When destroy() has returned, no thread of the agent runs.",
     "The host unmaps the code right after; a thread in it crashes the whole process.",
     "Join every thread in destroy(); never detach one. Tasks of vap.task/1 need no joining.",
     destroy_joins_threads},
    {"really-unloads", "life", loadable, "ends-once",
     "After dlclose() none of it is mapped any more.",
     "A version that stays costs memory for each reload, and may lend its statics to the next one.",
     "Build it with vap_add_plugin(); avoid thread_local objects with destructors; else say "
     "\"unload\": \"no\".",
     really_unloads},
    {"loaded-twice-shares-nothing", "life", loadable, "ends-once",
     "Two copies of it work side by side and share no variable.",
     "During a reload the old and the new version serve at once.",
     "Build it with vap_add_plugin(), or with -fno-gnu-unique and the version script vap.map.",
     loaded_twice_shares_nothing},
};

}  // namespace

std::span<const Rule> life_rules() {
  return rules;
}

}  // namespace patchbay
