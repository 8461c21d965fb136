// SPDX-License-Identifier: MIT
#include "flow/steward.h"

namespace patchbay {

Steward::~Steward() = default;  // here, so that its virtual table has one home

}  // namespace patchbay
