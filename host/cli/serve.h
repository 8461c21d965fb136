// SPDX-License-Identifier: MIT
// `patchbay serve`: flags and configuration file become a running host; a signal becomes a clean
// end.
#pragma once

namespace CLI {
class App;
}

namespace patchbay {

// Adds the verb; when it is the one given, it runs and leaves its exit code in `exit`, which must
// outlive the parse.
void add_serve(CLI::App& app, int& exit);

}  // namespace patchbay
