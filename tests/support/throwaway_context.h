// SPDX-License-Identifier: MIT
// What a host serves TLS with, of a certificate that is made on the spot.
#pragma once
#include <doctest/doctest.h>

#include <memory>
#include <utility>

#include "machine/tls_context.h"
#include "support/temp_dir.h"
#include "support/throwaway_certificate.h"

namespace patchbay::test {

inline std::shared_ptr<const TlsContext> throwaway_context() {
  const TempDir place;
  const PemPair pair = throwaway_pair();
  write_text(place.of("cert.pem"), pair.certificate);
  write_text(place.of("key.pem"), pair.key);
  auto context = TlsContext::load(place.of("cert.pem"), place.of("key.pem"));
  REQUIRE(context);
  return *std::move(context);
}

}  // namespace patchbay::test
