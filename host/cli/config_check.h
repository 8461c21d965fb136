// SPDX-License-Identifier: MIT
// `patchbay config check`: is this configuration file good? Starts nothing.
#pragma once

namespace CLI {
class App;
}

namespace patchbay {

// Adds the verb; when it is the one given, it runs and leaves its exit code in `exit`, which must
// outlive the parse.
void add_config(CLI::App& app, int& exit);

}  // namespace patchbay
