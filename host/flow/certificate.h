// SPDX-License-Identifier: MIT
// The certificate of this host, as its files and the configuration change: reads, judges, swaps for
// new connections, and says so. A pair that is not good changes nothing. [control]
#pragma once
#include <filesystem>
#include <memory>

#include "codec/config.h"
#include "ground/log.h"
#include "ground/result.h"
#include "machine/tls_identity.h"
#include "state/metrics.h"

namespace patchbay {

class Certificate {
 public:
  // A pair that was read, and is not yet shown to anybody.
  struct Pair {
    TlsFiles files;
    std::shared_ptr<const TlsContext> context;
  };
  // The Error says what is wrong with which file.
  static Result<Pair> read(const TlsFiles& files);

  // Metrics and log outlive it.
  Certificate(Pair pair, Metrics& metrics, Log& log);

  // Who connects is shown this one's context. [any]
  [[nodiscard]] std::shared_ptr<const TlsIdentity> identity() const { return identity_; }

  [[nodiscard]] bool is_of(const std::filesystem::path& file) const {
    return file == files_.certificate || file == files_.key;
  }
  // The files may have changed: takes them, unless they say what they said.
  Problem look_again();

  void take(Pair pair);

 private:
  void tell_expiry();

  TlsFiles files_;
  const std::shared_ptr<TlsIdentity> identity_;
  Metrics& metrics_;
  Log& log_;
};

}  // namespace patchbay
