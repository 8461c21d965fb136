// SPDX-License-Identifier: MIT
#include "check/tool_rules.h"

#include <fmt/format.h>

#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "ground/text.h"
#include "state/tool_list.h"
#include "vap/vap_tool.h"

namespace patchbay {
namespace {

constexpr Milliseconds patience{5'000};
constexpr Milliseconds grace{3'000};  // to notice that nobody waits any more
constexpr std::string_view no_function = "it offers no functions to other agents (vap.tool/1)";
constexpr std::string_view no_list = "there is no list of its functions (see lists-functions)";

// One call, with all that it borrows.
struct Called {
  std::string name, arguments;
  std::uint64_t id = 0;
  std::mutex mutex;  // guards the three below
  std::condition_variable changed;
  std::optional<vap_status_t> returned;
  vap_error_t why{};
};

// On a thread of its own, which is left behind: one that never comes back must not keep the rule
// from saying so.
std::shared_ptr<Called> begin_call(TrialAgent& agent, const vap_ext_tool_t& table,
                                   const std::string& name, const std::string& arguments) {
  auto call = std::make_shared<Called>();
  call->name = name;
  call->arguments = arguments;
  call->id = agent.host().tools().open();
  std::thread([&agent, &table, call] {
    const auto text = [](const std::string& s) { return vap_str_t{s.data(), s.size()}; };
    const vap_tool_call_t given{sizeof given, 0,  call->id, text(call->name), text(call->arguments),
                                {"check", 5}, {}, {},       patience.count()};
    vap_error_t why{};
    const vap_status_t returned = table.call(agent.made(), &given, &why);
    const std::lock_guard lock(call->mutex);
    call->returned = returned;
    call->why = why;
    call->changed.notify_all();
  }).detach();
  return call;
}

struct Outcome {
  bool ended = false;
  int ends = 0;
  vap_status_t status = VAP_OK;
  std::string why;
};

Outcome await(TrialAgent& agent, Called& call, Milliseconds most) {
  {
    std::unique_lock lock(call.mutex);
    if (!call.changed.wait_for(lock, most, [&] { return call.returned.has_value(); })) return {};
    if (*call.returned < 0) {
      const ToyTools::Heard heard = agent.host().tools().heard(call.id);
      return {true, heard.ends + 1, *call.returned,
              printable({call.why.message, ::strnlen(call.why.message, sizeof call.why.message)})};
    }
  }
  if (!agent.host().tools().ended_within(call.id, most)) return {};
  const ToyTools::Heard heard = agent.host().tools().heard(call.id);
  return {true, heard.ends, heard.status, printable(heard.why)};
}

// The agent, and what it offers; or the verdict of a rule that cannot begin.
struct Offering {
  TrialAgent* agent = nullptr;
  ToolList list;
  std::optional<Verdict> none;
};

Offering offering_of(const Trial& trial) {
  Offering found;
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) {
    found.none = cannot_begin(on.error());
    return found;
  }
  found.agent = (*on)->agent.get();
  trial.step("the list of its functions");
  Result<ToolList> list = ask_for_tools(found.agent->plugin(), found.agent->made());
  if (!list) {
    found.none = skipped(std::string(no_list));
  } else if (list->table == nullptr || list->tools.empty()) {
    found.none = skipped(std::string(no_function));
  } else {
    found.list = *std::move(list);
  }
  return found;
}

Verdict lists_functions(const Trial& trial) {
  const Result<Rehearsal*> on = rehearse(trial);
  if (!on) return cannot_begin(on.error());
  const TrialAgent& agent = *(*on)->agent;
  trial.step("the list of its functions");
  const Result<ToolList> first = ask_for_tools(agent.plugin(), agent.made());
  if (!first) return failed(first.error().message);
  if (first->table == nullptr) return skipped(std::string(no_function));
  const Result<ToolList> second = ask_for_tools(agent.plugin(), agent.made());
  if (!second) return failed(second.error().message);
  const auto is_same = [](const ToolFacts& a, const ToolFacts& b) {
    return a.name == b.name && a.description == b.description && a.parameters == b.parameters &&
           a.mutating == b.mutating;
  };
  const bool same = std::equal(first->tools.begin(), first->tools.end(), second->tools.begin(),
                               second->tools.end(), is_same);
  return same ? passed() : failed("asked a second time, it lists other functions");
}

Verdict check_refusal(const Outcome& outcome, const std::string& what, bool must_refuse) {
  if (!outcome.ended) return failed(fmt::format("{} is never ended", what));
  if (outcome.ends > 1) return failed(fmt::format("{} is ended {} times", what, outcome.ends));
  if (outcome.status >= 0)
    return must_refuse ? failed(fmt::format("{} is taken as if it were good", what)) : passed();
  return outcome.why.empty() ? failed(fmt::format("{} is refused without a reason", what))
                             : passed();
}

Verdict refuses_bad_calls(const Trial& trial) {
  const Offering offering = offering_of(trial);
  if (offering.none) return *offering.none;
  TrialAgent& agent = *offering.agent;
  trial.step("a call of a function that it does not offer");
  const auto unknown = begin_call(agent, *offering.list.table, "no_such_function_", "{}");
  Verdict verdict = check_refusal(await(agent, *unknown, patience),
                                  "a call of a function that it does not offer", true);
  if (verdict.outcome != Verdict::Outcome::passed) return verdict;
  for (const ToolFacts& tool : offering.list.tools) {
    const std::optional<std::string> bad = unfitting_arguments(tool);
    if (!bad) continue;
    trial.step(fmt::format("a call of {} with {:.60}", tool.name, *bad));
    const auto call = begin_call(agent, *offering.list.table, tool.name, *bad);
    verdict = check_refusal(
        await(agent, *call, patience),
        fmt::format("a call of {} with {:.60}, which its schema forbids,", tool.name, *bad), true);
    if (verdict.outcome != Verdict::Outcome::passed) return verdict;
  }
  return passed();
}

// What changes something is not done for a test's sake.
Verdict ends_function_calls(const Trial& trial) {
  const Offering offering = offering_of(trial);
  if (offering.none) return *offering.none;
  TrialAgent& agent = *offering.agent;
  int tried = 0;
  for (const ToolFacts& tool : offering.list.tools) {
    const std::optional<std::string> good = fitting_arguments(tool);
    if (tool.mutating || !good) continue;
    ++tried;
    trial.step(fmt::format("a call of {} with {:.60}", tool.name, *good));
    const auto call = begin_call(agent, *offering.list.table, tool.name, *good);
    Verdict verdict =
        check_refusal(await(agent, *call, patience), fmt::format("a call of {}", tool.name), false);
    if (verdict.outcome != Verdict::Outcome::passed) return verdict;

    trial.step(fmt::format("a call of {} that is cancelled", tool.name));
    const auto cut = begin_call(agent, *offering.list.table, tool.name, *good);
    agent.host().tools().cancel(cut->id, VAP_CANCEL_HANGUP);
    if (offering.list.table->cancel != nullptr)
      offering.list.table->cancel(agent.made(), cut->id, VAP_CANCEL_HANGUP);
    verdict = check_refusal(await(agent, *cut, grace),
                            fmt::format("a call of {} that was cancelled", tool.name), false);
    if (verdict.outcome != Verdict::Outcome::passed) return verdict;
  }
  return tried > 0 ? passed() : skipped("all of its functions change something, so none is tried");
}

constexpr Rule::Needs loadable = Rule::Needs::loadable;

constexpr Rule rules[] = {
    {"lists-functions", "turn", loadable, "creates-an-agent",
     "The functions that it offers have a name, a description and a schema, the same each time.",
     "A host does not put an agent to serve whose functions nobody could call.",
     "Hand complete records to put(); parameters are a JSON schema (draft 7) of an object.",
     lists_functions},
    {"refuses-bad-calls", "turn", loadable, "lists-functions",
     "A function that it does not offer, and arguments that do not fit, are refused with a reason.",
     "Arguments come from models, which get them wrong, and mend them when they are told how.",
     "Check the arguments before anything is done, and say what is wrong: VAP_E_INVALID.",
     refuses_bad_calls},
    {"ends-function-calls", "turn", loadable, "lists-functions",
     "Every call of a function ends, and once, also one that is cancelled.",
     "A call that nobody ends holds this version of the plugin, and its caller until the timeout.",
     "Call end() on every path, and not where call() returns a status below 0.",
     ends_function_calls},
};

}  // namespace

std::span<const Rule> tool_rules() {
  return rules;
}

}  // namespace patchbay
