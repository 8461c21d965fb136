// SPDX-License-Identifier: MIT
// What the checker prints: a line for each rule, a badge at the end, or all of it as JSON. Tries
// nothing.
#pragma once
#include <string>
#include <vector>

#include "check/examiner.h"
#include "check/rule.h"
#include "check/subject.h"

namespace patchbay {

struct Tally {
  int passed = 0;
  int warnings = 0;  // among those that passed
  int skipped = 0;
  int failed = 0;
  int crashed = 0;  // among those that failed
};

Tally tally_of(const std::vector<Tried>& all);

// "turn  failed   ends-once    it ended one reply 2 times", and what to do about it. Rules that
// were skipped for the same reason, one after the other, are one line: it comes with the next rule.
class ReportLines {
 public:
  std::string add(const Tried& tried);
  std::string finish();

 private:
  std::vector<Tried> skipped_;
};

// "VAP 1.0 conformant: 41 passed, 0 failed, 3 not applicable". Where not all rules were tried it
// claims nothing, and says so.
std::string badge(const Tally& tally, bool complete);

std::string json_report(const Subject& subject, const std::vector<Tried>& all, bool complete);

// "destroy-joins-threads (life)", with fact, reason and cure.
std::string explanation(const Rule& rule);

}  // namespace patchbay
