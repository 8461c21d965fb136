// SPDX-License-Identifier: MIT
// What came of one rule of the conformance checker, and why.
#pragma once
#include <string>
#include <string_view>

namespace patchbay {

struct Verdict {
  enum class Outcome {
    passed,
    warning,  // it works, but not as well as it could: counts as passed
    skipped,  // it does not apply to this plugin, or cannot be tried
    failed,
    crashed,  // the child process did not survive it
  };

  Outcome outcome = Outcome::passed;
  std::string reason;  // for the plugin's author; empty where it passed
};

Verdict passed();
Verdict warned(std::string reason);
Verdict skipped(std::string reason);
Verdict failed(std::string reason);
Verdict crashed(std::string reason);

std::string_view word_for(Verdict::Outcome outcome);  // eg: "passed"

// A verdict on its way through a pipe.
std::string encode_verdict(const Verdict& verdict);
Verdict decode_verdict(std::string_view bytes);

}  // namespace patchbay
