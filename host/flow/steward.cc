// SPDX-License-Identifier: MIT
#include "flow/steward.h"

namespace patchbay {

Error host_stops() {
  return {steward_code::stopping, "the host is ending", "ask the one that takes its place"};
}

Steward::~Steward() = default;  // here, so that its virtual table has one home

}  // namespace patchbay
