// SPDX-License-Identifier: MIT
// The addresses behind a host's name, asked of the system without being at the mercy of its
// patience: a wait for a silent name server can be cut short. Connects to nothing.
#pragma once
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "ground/clock.h"
#include "ground/result.h"
#include "machine/interrupt.h"

namespace patchbay {

struct SocketAddress {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

// In the order in which they are to be tried; never empty. Error: no_such_host, timed_out,
// interrupted. [any]
Result<std::vector<SocketAddress>> look_up(const std::string& host, std::uint16_t port,
                                           Moment deadline, const Interrupt& interrupt);

}  // namespace patchbay
