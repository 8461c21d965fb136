// SPDX-License-Identifier: MIT
#include "machine/descriptor.h"

#include <unistd.h>

namespace patchbay {

void Descriptor::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace patchbay
