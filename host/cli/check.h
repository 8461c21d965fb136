// SPDX-License-Identifier: MIT
// `patchbay check`: the conformance checker, for authors of plugins.
#pragma once

namespace CLI {
class App;
}

namespace patchbay {

// Adds the verb; when it is the one given, it runs and leaves its exit code in `exit`, which must
// outlive the parse.
void add_check(CLI::App& app, int& exit);

}  // namespace patchbay
