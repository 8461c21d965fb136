// SPDX-License-Identifier: MIT
// `patchbay completion`: what makes a shell complete verbs, flags and their words.
#pragma once

namespace CLI {
class App;
}

namespace patchbay {

// Adds the verb, which prints a script for the shell that it is given: of all that `app` knows by
// then, as the help texts are, so nothing has to be told twice. `app` and `exit` must outlive the
// parse.
void add_completion(CLI::App& app, int& exit);

}  // namespace patchbay
