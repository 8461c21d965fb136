// SPDX-License-Identifier: MIT
#include "check/trial_agent.h"

#include <fmt/format.h>

#include <condition_variable>
#include <cstring>
#include <mutex>
#include <utility>

#include "ground/text.h"

namespace patchbay {
namespace {

std::string words_of(const vap_error_t& error) {
  return printable({error.message, ::strnlen(error.message, sizeof error.message)});
}

}  // namespace

struct TrialAgent::Running {
  vap_reply_t reply = 0;
  TurnLoan loan;
  vap_status_t returned = VAP_OK;
  vap_error_t why{};

  std::mutex mutex;
  std::condition_variable changed;
  bool back = false;  // on_turn has returned

  explicit Running(const TurnText& text, RecordSize size) : loan(text, size) {}
};

std::string TurnEnd::failure() const {
  if (!ended) return "it kept the reply (VAP_ASYNC) and never ended it";
  // Its request failed because we let it: then a failed turn, and the fallback line, are right.
  if (status >= 0 || heard.unsent > 0) return {};
  return reason.empty() ? fmt::format("the turn failed with status {}, without a reason", status)
                        : fmt::format("the turn failed with status {}: {}", status, reason);
}

TrialAgent::TrialAgent(const vap_plugin_t& plugin, TrialTerms terms)
    : plugin_(plugin), terms_(std::move(terms)), host_(terms_.host) {}

Result<std::unique_ptr<TrialAgent>> TrialAgent::create(const vap_plugin_t& plugin,
                                                       TrialTerms terms) {
  std::unique_ptr<TrialAgent> agent(new TrialAgent(plugin, std::move(terms)));
  if (Problem wrong = agent->create()) return *std::move(wrong);
  return agent;
}

Problem TrialAgent::create() {
  ConfigLoan config(terms_.agent_id, terms_.config_json, terms_.records);
  vap_error_t why{};
  const vap_status_t status = plugin_.create(host_.table(), config.record(), &made_, &why);
  if (terms_.take_back) config.take_back();
  if (status < 0) {
    made_ = nullptr;
    const std::string words = words_of(why);
    return Error{
        "create_failed",
        fmt::format("create() fails with status {}{}{}", status, words.empty() ? "" : ": ", words),
        ""};
  }
  if (made_ == nullptr) return Error{"create_empty", "create() returns VAP_OK but no agent", ""};
  host_.tasks().begin();
  return std::nullopt;
}

TurnEnd TrialAgent::end_of(vap_reply_t reply, vap_status_t returned, const vap_error_t& why) const {
  TurnEnd end;
  end.returned = returned;
  end.heard = host_.heard(reply);
  const bool kept = returned == VAP_ASYNC;
  end.ended = !kept || end.heard.ends > 0;
  end.status = kept ? end.heard.end_status : returned;
  end.reason = kept ? printable(end.heard.end_reason) : words_of(why);
  return end;
}

TurnLoan& TrialAgent::lend(const TurnText& text) {
  auto loan = std::make_unique<TurnLoan>(text, terms_.records);
  const std::lock_guard lock(mutex_);
  return *lent_.emplace_back(std::move(loan));
}

TurnEnd TrialAgent::perform(const TurnText& text, Milliseconds patience) {
  TurnLoan& loan = lend(text);
  const vap_reply_t reply = host_.open(text);
  vap_error_t why{};
  const vap_status_t returned = plugin_.on_turn(made_, loan.record(), reply, &why);
  if (terms_.take_back) loan.take_back();
  if (returned == VAP_ASYNC) {
    host_.ended_within(reply, patience);
  } else {
    host_.close(reply);
  }
  return end_of(reply, returned, why);
}

std::shared_ptr<TrialAgent::Running> TrialAgent::start(const TurnText& text,
                                                       vap_cancel_t cancelled_before) {
  auto turn = std::make_shared<Running>(text, terms_.records);
  turn->reply = host_.open(text);
  if (cancelled_before != VAP_CANCEL_NONE) host_.cancel(turn->reply, cancelled_before);
  // Detached: one that never comes back must not keep the rule from saying so.
  std::thread([this, turn] {
    turn->returned = plugin_.on_turn(made_, turn->loan.record(), turn->reply, &turn->why);
    if (turn->returned != VAP_ASYNC) host_.close(turn->reply);
    const std::lock_guard lock(turn->mutex);
    turn->back = true;
    turn->changed.notify_all();
  }).detach();
  return turn;
}

bool TrialAgent::spoken_within(const Running& turn, Milliseconds most) const {
  return host_.spoken_within(turn.reply, most);
}

HeardWords TrialAgent::heard(const Running& turn) const {
  return host_.heard(turn.reply);
}

void TrialAgent::cancel(const Running& turn, vap_cancel_t why) {
  host_.cancel(turn.reply, why);
  const auto* extension =
      static_cast<const vap_ext_cancel_t*>(plugin_.get_extension(VAP_EXT_CANCEL));
  if (extension != nullptr) extension->on_cancel(made_, turn.reply, why);
}

bool TrialAgent::returned_within(Running& turn, Milliseconds most) const {
  std::unique_lock lock(turn.mutex);
  return turn.changed.wait_for(lock, most, [&] { return turn.back; });
}

std::unique_ptr<TurnEnd> TrialAgent::finish(Running& turn, Milliseconds patience) {
  const Moment until = Clock::now() + patience;
  if (!returned_within(turn, patience)) return nullptr;
  const auto left = std::chrono::duration_cast<Milliseconds>(until - Clock::now());
  if (!host_.ended_within(turn.reply, std::max(left, Milliseconds{0}))) return nullptr;
  return std::make_unique<TurnEnd>(end_of(turn.reply, turn.returned, turn.why));
}

void TrialAgent::destroy() {
  host_.tasks().stop();
  plugin_.destroy(std::exchange(made_, nullptr));
}

}  // namespace patchbay
