// SPDX-License-Identifier: MIT
#include "machine/holds.h"

namespace patchbay {

Holds::~Holds() = default;

}  // namespace patchbay
