// SPDX-License-Identifier: MIT
// Opens the socket that a server listens on, or says why not and what to do. Accepts nothing.
#pragma once
#include "codec/address.h"
#include "ground/result.h"
#include "machine/descriptor.h"

namespace patchbay {

struct Listener {
  Descriptor socket;  // non-blocking
  Address address;    // with the port that the system picked, where it was asked to
};

// A name is looked up, which may wait; of several addresses the first that can be bound counts,
// IPv4 first, because that is what a pipeline on this machine tries. "*" is every interface, of
// both families where the system has IPv6. [control]
Result<Listener> open_listener(const Address& address);

}  // namespace patchbay
