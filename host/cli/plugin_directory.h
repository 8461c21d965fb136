// SPDX-License-Identifier: MIT
// Where plugins are when nobody says where: the same for every verb.
#pragma once
#include <string>

namespace patchbay {

// "plugins" where the working directory has one, else one beside the program, as a build has it,
// else that of the installed host: PREFIX/bin/patchbay has PREFIX/lib/patchbay/plugins. [control]
std::string default_plugin_directory();

// The file that is meant: `word` where it is the path of one, else NAME.so of the default directory
// where there is one of that name. [control]
std::string plugin_file(const std::string& word);

}  // namespace patchbay
