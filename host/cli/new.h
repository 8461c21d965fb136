// SPDX-License-Identifier: MIT
// `patchbay new`: a directory with an agent that builds at once, and a test of it.
#pragma once

namespace CLI {
class App;
}

namespace patchbay {

// Adds the verb; when it is the one given, it runs and leaves its exit code in `exit`, which must
// outlive the parse.
void add_new(CLI::App& app, int& exit);

}  // namespace patchbay
