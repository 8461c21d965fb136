// SPDX-License-Identifier: MIT
#include "machine/tls_identity.h"

namespace patchbay {

std::shared_ptr<const TlsContext> TlsIdentity::current() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

void TlsIdentity::become(std::shared_ptr<const TlsContext> context) {
  const std::lock_guard lock(mutex_);
  context_.swap(context);  // what it replaces dies after the lock is gone
}

}  // namespace patchbay
