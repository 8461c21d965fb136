// SPDX-License-Identifier: MIT
// Where the admin sockets of the hosts on this machine are, when nobody says where: a host asks
// where to make its own, the verbs which are there.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "ground/result.h"

namespace patchbay {

// What the answer depends on.
struct Surroundings {
  std::string runtime_directory;  // $RUNTIME_DIRECTORY: of a service of systemd; may be a list
  std::string xdg_runtime_dir;    // $XDG_RUNTIME_DIR: of a user who is logged in
  uid_t user = 0;
  std::string of_root = "/run/patchbay";
  std::string temporary = "/tmp";
};
Surroundings surroundings();  // of this process

// The path for a host on that port, in the first of these that there is: the service's directory,
// the user's, root's, or one of the user's own under /tmp. The last two are made, for this user
// alone; an Error where others may write to what is there. [control]
Result<std::string> usual_admin_socket(const Surroundings& here, std::uint16_t port);

// The sockets in all those places that a host answers on, sorted. [control]
std::vector<std::string> live_admin_sockets(const Surroundings& here);
// The only one; else the Error says how to start a host, or lists them.
Result<std::string> find_admin_socket(const Surroundings& here);

}  // namespace patchbay
