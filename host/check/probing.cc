// SPDX-License-Identifier: MIT
#include "check/probing.h"

#include <fmt/format.h>

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "check/loan.h"
#include "check/toy_host.h"
#include "ground/text.h"
#include "machine/library.h"
#include "machine/process_state.h"
#include "state/tool_list.h"
#include "vap/vap.h"

namespace patchbay {
namespace {

// "bakery" of "/agents/bakery": what the operator calls it.
std::string name_of(const ProbeAgent& agent) {
  constexpr std::string_view head = "/agents/";
  return agent.route.starts_with(head) ? agent.route.substr(head.size()) : agent.route;
}

std::string words_of(const vap_error_t& error, vap_status_t status) {
  const std::string_view raw(error.message, ::strnlen(error.message, sizeof error.message));
  return raw.empty() ? fmt::format("it gives no reason (status {})", status) : printable(raw);
}

// One agent under trial. Tasks that it posts keep their delays, so that what is meant for later is
// not done in the trial.
struct Tried {
  const std::string name;
  ToyHost host{{true, Refusing::nothing, VAP_E_FAILED, any_delay}};
  vap_agent_t* made = nullptr;

  explicit Tried(const ProbeAgent& agent) : name(name_of(agent)) {}
};

// The library and what was made of it.
struct Trying {
  Library library;
  const Steps& step;
  std::vector<std::unique_ptr<Tried>> agents;
};

Problem create(const vap_plugin_t& plugin, const ProbeAgent& wanted, Tried& agent) {
  const ConfigLoan config(wanted.agent_id, wanted.config_json, RecordSize::known, wanted.route);
  vap_error_t why{};
  const vap_status_t status = plugin.create(agent.host.table(), config.record(), &agent.made, &why);
  if (status >= 0 && agent.made != nullptr) {
    agent.host.tasks().begin();
    return std::nullopt;
  }
  return Error{
      "create_failed",
      fmt::format("agent {} could not be created: {}", agent.name,
                  status < 0 ? words_of(why, status) : "create() gave no agent"),
      fmt::format("see [agents.{}.config] and what the plugin's documents ask for", agent.name)};
}

Problem self_test(const vap_plugin_t& plugin, const Tried& agent) {
  const auto* test = static_cast<const vap_ext_selftest_t*>(plugin.get_extension(VAP_EXT_SELFTEST));
  if (test == nullptr) return std::nullopt;
  vap_error_t why{};
  const vap_status_t status = test->run(agent.made, &why);
  if (status >= 0) return std::nullopt;
  return Error{"selftest_failed",
               fmt::format("agent {} failed its self-test: {}", agent.name, words_of(why, status)),
               ""};
}

Problem list_tools(const vap_plugin_t& plugin, const Tried& agent) {
  const Result<ToolList> offered = ask_for_tools(plugin, agent.made);
  if (offered) return std::nullopt;
  return Error{offered.error().code,
               fmt::format("agent {}: {}", agent.name, offered.error().message),
               offered.error().hint};
}

Problem make_agents(Trying& trying, const std::vector<ProbeAgent>& wanted) {
  const vap_plugin_t& plugin = trying.library.plugin();
  for (const ProbeAgent& each : wanted) {
    Tried& agent = *trying.agents.emplace_back(std::make_unique<Tried>(each));
    trying.step(fmt::format("create() of agent {}", agent.name));
    if (Problem wrong = create(plugin, each, agent)) return wrong;
    trying.step(fmt::format("the self-test of agent {}", agent.name));
    if (Problem wrong = self_test(plugin, agent)) return wrong;
    trying.step(fmt::format("the list of functions of agent {}", agent.name));
    if (Problem wrong = list_tools(plugin, agent)) return wrong;
  }
  return std::nullopt;
}

void destroy_agents(Trying& trying) {
  for (const std::unique_ptr<Tried>& agent : trying.agents) {
    trying.step(fmt::format("a task of agent {}", agent->name));
    agent->host.tasks().stop();
    trying.step(fmt::format("destroy() of agent {}", agent->name));
    trying.library.plugin().destroy(std::exchange(agent->made, nullptr));
  }
}

// The loader knows the copy by a name that means nothing to who reads this.
Error named(Error error, const Candidate& candidate) {
  const std::string path = candidate.path();
  for (auto at = error.message.find(path); at != std::string::npos; at = error.message.find(path))
    error.message.replace(at, path.size(), candidate.file().filename().string());
  return error;
}

Problem threads_left(std::size_t before) {
  // Long, because only a plugin that is refused for it waits so long.
  if (threads_fall_to(before, Milliseconds{500})) return std::nullopt;
  const std::size_t left = process_holdings().threads - before;
  return Error{"keeps_threads",
               left == 1 ? "1 of its threads still runs after destroy(); the host could not unload "
                           "it safely"
                         : fmt::format("{} of its threads still run after destroy(); the host "
                                       "could not unload it safely",
                                       left),
               "join every thread in destroy(), or post tasks with vap.task/1 instead"};
}

}  // namespace

ProbeAnswer try_candidate(const Candidate& candidate, const ProbeOrder& order, const Steps& step) {
  ProbeAnswer answer;
  const std::size_t threads_before = process_holdings().threads;
  step("its constructors");
  const Moment begin = Clock::now();
  Result<Library> library = Library::load(candidate);
  answer.constructors = std::chrono::duration_cast<Milliseconds>(Clock::now() - begin);
  if (!library) {
    answer.wrong = named(std::move(library).error(), candidate);
    return answer;
  }
  // Never given back: after a failure, nobody may destroy what the plugin may still use.
  Trying& trying = *std::make_unique<Trying>(Trying{*std::move(library), step, {}}).release();
  answer.whole = answer.constructors <= order.too_slow;
  if (!answer.whole) return answer;

  answer.wrong = make_agents(trying, order.agents);
  if (answer.wrong) return answer;
  destroy_agents(trying);
  if (!order.unload) {
    answer.unmapped = false;
    return answer;
  }
  answer.wrong = threads_left(threads_before);
  if (answer.wrong) return answer;
  step("its destructors");
  answer.unmapped = trying.library.unload();
  return answer;
}

}  // namespace patchbay
