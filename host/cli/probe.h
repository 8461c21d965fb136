// SPDX-License-Identifier: MIT
// `patchbay probe`: the process in which a host tries a plugin before it loads it. Not for people,
// and so not in --help.
#pragma once

namespace CLI {
class App;
}

namespace patchbay {

// Adds the verb; when it is the one given, it runs and leaves its exit code in `exit`, which must
// outlive the parse.
void add_probe(CLI::App& app, int& exit);

}  // namespace patchbay
