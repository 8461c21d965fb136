// SPDX-License-Identifier: MIT
// `patchbay call`: be the voice pipeline in a terminal. Flags become a call; its outcome becomes an
// exit code.
#pragma once

namespace CLI {
class App;
}

namespace patchbay {

// Adds the verb; when it is the one given, it runs and leaves its exit code in `exit`, which must
// outlive the parse.
void add_call(CLI::App& app, int& exit);

}  // namespace patchbay
