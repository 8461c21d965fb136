// SPDX-License-Identifier: MIT
#include "cli/call_report.h"

namespace patchbay {

CallReport::~CallReport() = default;  // here, so that its virtual table has one home

}  // namespace patchbay
