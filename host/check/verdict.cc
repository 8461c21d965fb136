// SPDX-License-Identifier: MIT
#include "check/verdict.h"

#include <utility>

namespace patchbay {
namespace {

constexpr Verdict::Outcome outcomes[] = {Verdict::Outcome::passed, Verdict::Outcome::warning,
                                         Verdict::Outcome::skipped, Verdict::Outcome::failed,
                                         Verdict::Outcome::crashed};

}  // namespace

Verdict passed() {
  return {Verdict::Outcome::passed, ""};
}
Verdict warned(std::string reason) {
  return {Verdict::Outcome::warning, std::move(reason)};
}
Verdict skipped(std::string reason) {
  return {Verdict::Outcome::skipped, std::move(reason)};
}
Verdict failed(std::string reason) {
  return {Verdict::Outcome::failed, std::move(reason)};
}
Verdict crashed(std::string reason) {
  return {Verdict::Outcome::crashed, std::move(reason)};
}

std::string_view word_for(Verdict::Outcome outcome) {
  switch (outcome) {
    case Verdict::Outcome::passed:
      return "passed";
    case Verdict::Outcome::warning:
      return "warning";
    case Verdict::Outcome::skipped:
      return "skipped";
    case Verdict::Outcome::failed:
      return "failed";
    case Verdict::Outcome::crashed:
      break;
  }
  return "crashed";
}

std::string encode_verdict(const Verdict& verdict) {
  return std::string(word_for(verdict.outcome)) + "\n" + verdict.reason;
}

Verdict decode_verdict(std::string_view bytes) {
  const auto line = bytes.find('\n');
  for (const Verdict::Outcome outcome : outcomes) {
    if (line != std::string_view::npos && bytes.substr(0, line) == word_for(outcome)) {
      return {outcome, std::string(bytes.substr(line + 1))};
    }
  }
  return failed("the child's answer cannot be read");
}

}  // namespace patchbay
