// SPDX-License-Identifier: MIT
// Opens the admin interface of a host: at the path that its configuration names, or in the usual
// place. Knows nothing of what is asked there.
#pragma once
#include <cstdint>
#include <memory>

#include "cli/admin_socket.h"
#include "codec/config.h"
#include "flow/admin.h"
#include "ground/log.h"
#include "ground/result.h"
#include "street/server.h"

namespace patchbay {

// `port` is the one that the host answers calls on. Null where the configuration switches it off,
// and where the usual place cannot be had: that is logged, and no reason not to serve. A path that
// somebody wrote is an Error where it cannot be had. `admin` and the log outlive the server.
// [control]
Result<std::unique_ptr<Server>> open_admin_door(const Config& config, const Surroundings& here,
                                                std::uint16_t port, Admin& admin, Log& log);

}  // namespace patchbay
