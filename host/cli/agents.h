// SPDX-License-Identifier: MIT
// `patchbay agents`: how the agents of a running host stand.
#pragma once

namespace CLI {
class App;
}

namespace patchbay {

// Adds the verb; when it is the one given, it runs and leaves its exit code in `exit`, which must
// outlive the parse.
void add_agents(CLI::App& app, int& exit);

}  // namespace patchbay
