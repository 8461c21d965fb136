// SPDX-License-Identifier: MIT
// `patchbay inspect`: what a plugin file says of itself and what a host would say to it, without
// running a byte of it.
#pragma once

namespace CLI {
class App;
}

namespace patchbay {

// Adds the verb; when it is the one given, it runs and leaves its exit code in `exit`, which must
// outlive the parse.
void add_inspect(CLI::App& app, int& exit);

}  // namespace patchbay
