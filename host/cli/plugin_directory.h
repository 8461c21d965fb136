// SPDX-License-Identifier: MIT
// Where plugins are when nobody says where: the same for every verb.
#pragma once
#include <string>

namespace patchbay {

// "plugins" where the working directory has one, else that of the installed host:
// PREFIX/bin/patchbay has PREFIX/lib/patchbay/plugins. [control]
std::string default_plugin_directory();

}  // namespace patchbay
