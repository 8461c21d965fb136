// SPDX-License-Identifier: MIT
#include "ground/result.h"

namespace patchbay {

std::string Error::text() const {
  return hint.empty() ? message : message + " (" + hint + ")";
}

}  // namespace patchbay
