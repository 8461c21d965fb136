// SPDX-License-Identifier: MIT
#include "check/examiner.h"

#include <fmt/format.h>

#include <exception>
#include <string_view>
#include <utility>

#include "check/rulebook.h"
#include "ground/text.h"

namespace patchbay {
namespace {

// Whatever escapes from a rule is ours (bad_alloc): what escapes from a plugin ends the process.
Verdict run(const Rule& rule, const Trial& trial) {
  try {
    return rule.run(trial);
  } catch (const std::exception& wrong) {
    return failed(fmt::format("the checker itself failed: {}", wrong.what()));
  }
}

// How libstdc++ says that an exception met a function that lets none through.
std::string exception_in(std::string_view output) {
  const auto at = output.find("terminate called");
  if (at == std::string_view::npos) return {};
  return printable(output.substr(at, output.find('\n', at) - at));
}

Verdict verdict_of(const ChildEnd& end) {
  switch (end.how) {
    case ChildEnd::How::answered:
      return decode_verdict(end.answer);
    case ChildEnd::How::hung:
      return failed(end.text());
    default:
      break;
  }
  const std::string exception = exception_in(end.output);
  return crashed(exception.empty() ? end.text() : fmt::format("{} ({})", end.text(), exception));
}

}  // namespace

Examiner::Examiner(const Subject& subject, Milliseconds most, bool here)
    : subject_(subject), most_(most), here_(here) {}

Problem Examiner::why_not(const Rule& rule) {
  if (Problem unfit = unfit_for(rule, subject_)) return unfit;
  const Rule* before = find_rule(rule.after);
  if (before == nullptr || here_) return std::nullopt;
  const Verdict& verdict = try_rule(*before).verdict;
  if (verdict.outcome == Verdict::Outcome::passed || verdict.outcome == Verdict::Outcome::warning) {
    return std::nullopt;
  }
  if (verdict.outcome == Verdict::Outcome::skipped) return Error{"not_tried", verdict.reason, ""};
  return Error{"not_tried", fmt::format("see {}", before->name), ""};
}

const Tried& Examiner::try_rule(const Rule& rule) {
  if (const auto known = tried_.find(&rule); known != tried_.end()) return known->second;
  Tried tried;
  if (const Problem unfit = why_not(rule)) {
    tried.verdict = skipped(unfit->message);
  } else {
    tried = here_ ? in_process(rule) : in_child(rule);
  }
  tried.rule = &rule;
  return tried_[&rule] = std::move(tried);
}

Tried Examiner::in_child(const Rule& rule) const {
  const auto work = [&](const Steps& step) { return encode_verdict(run(rule, {subject_, step})); };
  const Result<ChildEnd> end = run_in_child(work, most_);
  if (!end) return {nullptr, failed(end.error().message), "", Milliseconds{0}};
  return {nullptr, verdict_of(*end), end->output, end->took};
}

Tried Examiner::in_process(const Rule& rule) const {
  const Moment begin = Clock::now();
  const auto tell = [](std::string_view step) {
    fmt::print(stderr, "  ... {}\n", printable(step));
  };
  Verdict verdict = run(rule, {subject_, tell});
  const auto took = std::chrono::duration_cast<Milliseconds>(Clock::now() - begin);
  return {nullptr, std::move(verdict), "", took};
}

}  // namespace patchbay
