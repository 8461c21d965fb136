// SPDX-License-Identifier: MIT
// Who this host is to those who connect by TLS: the context of the moment. Connections that are
// open go on with the one they began with.
#pragma once
#include <memory>
#include <mutex>
#include <utility>

#include "machine/tls_context.h"

namespace patchbay {

class TlsIdentity {
 public:
  explicit TlsIdentity(std::shared_ptr<const TlsContext> context) : context_(std::move(context)) {}

  [[nodiscard]] std::shared_ptr<const TlsContext> current() const;  // never null [any]
  void become(std::shared_ptr<const TlsContext> context);           // not null [any]

 private:
  mutable std::mutex mutex_;  // guards context_
  std::shared_ptr<const TlsContext> context_;
};

}  // namespace patchbay
