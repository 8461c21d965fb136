// SPDX-License-Identifier: MIT
#include "work/tool_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "codec/json_text.h"

namespace patchbay {
namespace {

constexpr std::size_t most_arguments = std::size_t{1024} * 1024;  // bytes
constexpr std::size_t deepest_arguments = 64;
constexpr Milliseconds usual_timeout{30'000};
// How often a call whose agent has no thread left, or an end whose agent is still being made, looks
// again.
constexpr Milliseconds until_ready{20};

ToolCalls::Answer no(vap_status_t status, std::string why) {
  return {status, std::move(why)};
}

const ToolFacts* find_tool(const Agent& agent, std::string_view name) {
  const auto is_it = [&](const ToolFacts& tool) { return tool.name == name; };
  const auto found = std::find_if(agent.tools().begin(), agent.tools().end(), is_it);
  return found == agent.tools().end() ? nullptr : &*found;
}

std::string names_of(const Agent& agent) {
  std::string names;
  for (const ToolFacts& tool : agent.tools()) names += (names.empty() ? "" : ", ") + tool.name;
  return names.empty() ? "it offers none" : "it offers " + names;
}

ToolCalls::Answer check_arguments(std::string_view arguments) {
  if (arguments.size() > most_arguments)
    return no(VAP_E_LIMIT, "the arguments are more than 1 MiB");
  if (check_json(arguments, deepest_arguments) ||
      arguments.find('{') != arguments.find_first_not_of(" \t\r\n"))
    return no(VAP_E_INVALID, "the arguments are no JSON object, at most 64 levels deep");
  return {};
}

std::string_view name_of(vap_status_t status) {
  switch (status) {
    case VAP_E_INVALID:
      return "refused";
    case VAP_E_CANCELLED:
      return "cancelled";
    case VAP_E_DEADLINE:
      return "timed_out";
    default:
      return status < 0 ? "failed" : "done";
  }
}

std::string label_of(const ToolCall::Facts& facts) {
  return fmt::format(R"(agent="{}",of="{}",function="{}")", facts.caller, facts.called, facts.name);
}

}  // namespace

ToolCalls::ToolCalls(House house, Limits limits)
    : house_(house),
      limits_(limits),
      runners_(house.timers, {.most = limits.workers}),
      tellers_(house.timers, {.most = limits.workers}) {}

// --- may it be made?

ToolCalls::Found ToolCalls::find(const Agent& caller, std::string_view agent) const {
  const auto& names = caller.config().may_call;
  if (std::find(names.begin(), names.end(), agent) == names.end())
    return {no(VAP_E_UNSUPPORTED,
               fmt::format("agent {} may not call functions of agent '{}' (add it to may_call in "
                           "[agents.{}])",
                           caller.name(), agent, caller.name()))};
  std::optional<Routes::Found> route = house_.routes.find(agent);
  if (!route)
    return {no(VAP_E_UNAVAILABLE,
               fmt::format("agent {} is not loaded (patchbay agents shows why)", agent))};
  return {{}, std::move(route)};
}

ToolCalls::Answer ToolCalls::list(const Agent& caller, std::string_view agent,
                                  const std::function<void(const ToolFacts&)>& put) const {
  const Found found = find(caller, agent);
  if (found.route)
    for (const ToolFacts& tool : found.route->lease.agent().tools()) put(tool);
  return found.answer;
}

ToolCalls::Answer ToolCalls::check_reply(const Agent& caller, vap_reply_t number,
                                         std::shared_ptr<Reply>& reply) const {
  if (number == 0) return {};
  reply = house_.replies.find(number, caller);
  if (reply == nullptr) return no(VAP_E_ENDED, "there is no such reply");
  if (reply->cancelled() != VAP_CANCEL_NONE) return no(VAP_E_CANCELLED, "the turn was cancelled");
  if (reply->is_closed()) return no(VAP_E_ENDED, "the reply has ended");
  return {};
}

ToolCalls::Answer ToolCalls::refused(const Agent& caller, const Order& order, Answer answer) const {
  house_.metrics.count("patchbay_tool_calls_refused_total", caller.label(), 1);
  house_.log.warn("a function is not called", {{"agent", caller.name()},
                                               {"of", order.agent},
                                               {"function", order.name},
                                               {"why", answer.why}});
  return answer;
}

// --- on its way

// Whom the order reaches, as far as the order itself goes.
ToolCalls::Found ToolCalls::judge(const Agent& caller, const Order& order,
                                  std::string_view arguments) const {
  if (Answer wrong = check_arguments(arguments); wrong.status < 0)
    return {refused(caller, order, std::move(wrong))};
  Found found = find(caller, order.agent);
  if (!found.route) return {refused(caller, order, std::move(found.answer))};
  const Agent& called = found.route->lease.agent();
  if (find_tool(called, order.name) == nullptr)
    return {refused(caller, order,
                    no(VAP_E_NOT_FOUND, fmt::format("agent {} offers no function '{}' ({})",
                                                    called.name(), order.name, names_of(called))))};
  return found;
}

ToolCalls::Answer ToolCalls::call(Agent& caller, vap_reply_t number, const Order& order,
                                  const ToolCall::Caller& ear, Id* id) {
  const std::string_view arguments = order.arguments.empty() ? "{}" : order.arguments;
  Found found = judge(caller, order, arguments);
  if (!found.route) return std::move(found.answer);
  std::shared_ptr<Reply> reply;
  if (Answer wrong = check_reply(caller, number, reply); wrong.status < 0) return wrong;
  std::optional<Lease> lease = Lease::on(caller);
  if (!lease || caller.generation().winds_down())
    return no(VAP_E_CANCELLED, "this version of the plugin has to go");

  ToolCall::Facts facts{caller.name(), found.route->lease.agent().name(), std::string(order.name),
                        std::string(arguments)};
  if (reply) facts.conversation = reply->facts().conversation;
  if (reply) facts.turn = reply->facts().turn.value_or("");
  facts.timeout = order.timeout.count() > 0 ? order.timeout : usual_timeout;
  CallPtr call;
  {
    const std::lock_guard lock(mutex_);
    call = std::make_shared<ToolCall>(++last_, *std::move(lease), std::move(found.route->lease),
                                      ear, std::move(facts));
  }
  if (Answer full = admit(call, caller); full.status < 0) return full;
  if (id != nullptr) *id = call->id();
  set_off(call);
  if (reply && !order.keep) tie(call, reply);
  // Since it was asked, before it could be found.
  if (caller.generation().winds_down()) cut(caller.generation());
  return {};
}

void ToolCalls::set_off(const CallPtr& call) {
  call->set_alarm(house_.timers.at(call->due(), [this, weak = std::weak_ptr(call)] {
    const CallPtr late = weak.lock();
    if (!late) return;
    cut(late, {VAP_CANCEL_DEADLINE, VAP_E_DEADLINE,
               fmt::format("it took longer than {} ms", late->facts().timeout.count())});
  }));
  runners_.post(&call->called(), [this, call] { run(call); });
}

// It goes when its turn does.
void ToolCalls::tie(const CallPtr& call, const std::shared_ptr<Reply>& reply) {
  reply->when_over([this, weak = std::weak_ptr(call), of = std::weak_ptr(reply)] {
    const CallPtr open = weak.lock();
    if (!open) return;
    const std::shared_ptr<Reply> over = of.lock();
    const vap_cancel_t why = over ? over->cancelled() : vap_cancel_t{VAP_CANCEL_NONE};
    cut(open, {why == VAP_CANCEL_NONE ? vap_cancel_t{VAP_CANCEL_HANGUP} : why, VAP_E_CANCELLED,
               "its turn is over"});
  });
}

ToolCalls::Answer ToolCalls::admit(const CallPtr& call, const Agent& caller) {
  const std::lock_guard lock(mutex_);
  if (closed_) return no(VAP_E_CANCELLED, "the host goes down");
  std::size_t& by = open_by_[caller.name()];
  std::size_t& of = open_of_[call->facts().called];
  const std::size_t most = limits_.open_of_one;
  if (open_.size() >= limits_.open || by >= most || of >= most)
    return no(
        VAP_E_LIMIT,
        fmt::format("{} calls of functions are open, {} of them by this agent, {} of agent {}",
                    open_.size(), by, of, call->facts().called));
  ++by;
  ++of;
  open_.emplace(call->id(), call);
  house_.metrics.set("patchbay_tool_calls_open", caller.label(), static_cast<std::int64_t>(by));
  return {};
}

void ToolCalls::run(const CallPtr& call) {
  const Agent& called = call->called();
  const ToolCall::Facts& facts = call->facts();
  if (call->has_end()) {  // it was cut before any thread was free
    perform(call);
    return settle(call);
  }
  const auto out = functions_.enter(called,
                                    {facts.called, facts.conversation, facts.turn, Clock::now(),
                                     call->due() + limits_.stuck_after},
                                    share_of(called.config(), limits_.workers));
  if (!out) {
    // Its other functions hold all its threads. Meanwhile its time runs.
    house_.timers.at(Clock::now() + until_ready,
                     [this, call] { runners_.post(&call->called(), [this, call] { run(call); }); });
    return;
  }
  perform(call);
  functions_.leave(*out);
  settle(call);
}

void ToolCalls::perform(const CallPtr& call) {
  if (!call->begin()) return;
  vap_error_t why{};
  const vap_status_t status = call->run(why);
  if (status < 0) end(call->called(), call->id(), {status, {}, words_of(why, status)});
  call->came_back();
}

vap_status_t ToolCalls::end(const Agent& called, Id id, ToolCall::End how) {
  const CallPtr call = found(id);
  if (!call || &call->called() != &called) return VAP_E_ENDED;
  how.status = std::min<vap_status_t>(how.status, VAP_OK);
  const ToolCall::Ending ending = call->end(std::move(how));
  if (ending == ToolCall::Ending::unknown) return VAP_E_ENDED;
  if (ending == ToolCall::Ending::heard) hear_end(call);
  settle(call);
  return ending == ToolCall::Ending::heard ? VAP_OK : VAP_E_CANCELLED;
}

vap_cancel_t ToolCalls::cancelled(const Agent& called, Id id) const {
  const CallPtr call = found(id);
  if (!call || &call->called() != &called) return VAP_CANCEL_HANGUP;
  return call->cancelled();
}

std::int64_t ToolCalls::time_left_ms(const Agent& called, Id id) const {
  const CallPtr call = found(id);
  if (!call || &call->called() != &called || call->cancelled() != VAP_CANCEL_NONE) return 0;
  const auto left = std::chrono::duration_cast<Milliseconds>(call->due() - Clock::now());
  return std::max<std::int64_t>(left.count(), 0);
}

// --- cut

vap_status_t ToolCalls::cancel(const Agent& caller, Id id) {
  const CallPtr call = found(id);
  if (!call || &call->caller() != &caller) return VAP_E_NOT_FOUND;
  const bool was_open =
      cut(call, {VAP_CANCEL_HANGUP, VAP_E_CANCELLED, "its caller has cancelled it"});
  return was_open ? VAP_OK : VAP_E_NOT_FOUND;
}

bool ToolCalls::cut(const CallPtr& call, const Reason& why) {
  if (!call->cut(why.cancel, why.status, why.message)) return false;
  push_cancel(call, why.cancel);
  hear_end(call);
  return true;
}

// A cancel that hangs holds one of few threads: its agent gets no more than half of them.
void ToolCalls::push_cancel(const CallPtr& call, vap_cancel_t why) {
  if (!call->was_begun()) return;
  house_.urgent.post([this, call, why] {
    std::optional<Lease> lease = call->open_for_cancel();
    if (!lease) return;
    const ToolCall::Facts& facts = call->facts();
    const auto out = cancels_.enter(lease->agent(),
                                    {facts.called, facts.conversation, facts.turn, Clock::now(),
                                     Clock::now() + limits_.stuck_after},
                                    std::max<std::size_t>(limits_.urgent_workers / 2, 1));
    if (!out) return;  // it can still ask: cancelled()
    lease->agent().cancel_tool(call->id(), why);
    cancels_.leave(*out);
  });
}

void ToolCalls::cut(const Generation& generation) {
  const auto its = all([&](const ToolCall& call) { return call.holds(generation); });
  for (const CallPtr& call : its)
    cut(call, {VAP_CANCEL_RELOAD, VAP_E_CANCELLED, "a version that was replaced has to go"});
}

void ToolCalls::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  for (const CallPtr& call : all([](const ToolCall&) { return true; }))
    cut(call, {VAP_CANCEL_SHUTDOWN, VAP_E_CANCELLED, "the host goes down"});
}

// --- over

// Its caller is told, on a thread of the host's, when it is ready for that.
void ToolCalls::hear_end(const CallPtr& call) {
  if (call->alarm() != 0) house_.timers.cancel(call->alarm());
  tellers_.post(&call->caller(), [this, call] {
    const Agent::Phase phase = call->caller().phase();
    if (phase == Agent::Phase::creating) {
      house_.timers.at(Clock::now() + until_ready, [this, call] { hear_end(call); });
      return;
    }
    write_down(*call);
    const Moment now = Clock::now();
    const auto out = ends_.enter(call->caller(),
                                 {call->facts().caller, call->facts().conversation,
                                  call->facts().turn, now, now + Seconds{60}},
                                 limits_.workers);
    if (phase == Agent::Phase::ready) call->tell();
    if (out) ends_.leave(*out);
    settle(call, true);
  });
}

void ToolCalls::settle(const CallPtr& call, bool caller_told) {
  const bool over = call->settle(caller_told);
  const std::lock_guard lock(mutex_);
  if (caller_told) {
    house_.metrics.set("patchbay_tool_calls_open",
                       fmt::format(R"(agent="{}")", call->facts().caller),
                       static_cast<std::int64_t>(--open_by_[call->facts().caller]));
  }
  if (over && open_.erase(call->id()) > 0) --open_of_[call->facts().called];
}

void ToolCalls::write_down(const ToolCall& call) const {
  const ToolCall::Facts& facts = call.facts();
  const vap_status_t status = call.status();
  const auto took = Clock::now() - call.began();
  house_.metrics.count("patchbay_tool_calls_total",
                       fmt::format(R"({},outcome="{}")", label_of(facts), name_of(status)), 1);
  house_.metrics.observe("patchbay_tool_call_seconds", label_of(facts),
                         std::chrono::duration<double>(took).count());
  house_.log.debug("function called",
                   {{"agent", facts.caller},
                    {"of", facts.called},
                    {"function", facts.name},
                    {"conversation", facts.conversation},
                    {"turn", facts.turn},
                    {"ms", std::chrono::duration_cast<Milliseconds>(took).count()},
                    {"outcome", name_of(status)},
                    {"why", call.message()}});
}

void ToolCalls::look_after(Moment now) {
  tell_stuck(functions_, "vap.tool/1 call", now, house_.metrics, house_.log);
  tell_stuck(cancels_, "vap.tool/1 cancel", now, house_.metrics, house_.log);
  tell_stuck(ends_, "vap.tool/1 on_end", now, house_.metrics, house_.log);
}

template <class Wanted>
std::vector<ToolCalls::CallPtr> ToolCalls::all(Wanted wanted) const {
  std::vector<CallPtr> found;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, call] : open_)
    if (wanted(*call)) found.push_back(call);
  return found;
}

ToolCalls::CallPtr ToolCalls::found(Id id) const {
  const std::lock_guard lock(mutex_);
  const auto call = open_.find(id);
  return call == open_.end() ? nullptr : call->second;
}

std::size_t ToolCalls::open(const Generation& generation) const {
  return all([&](const ToolCall& call) { return call.holds(generation); }).size();
}

}  // namespace patchbay
