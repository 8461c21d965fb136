// SPDX-License-Identifier: MIT
// `patchbay conversations`: what a running host has kept of its conversations, and to be forgotten.
#pragma once

namespace CLI {
class App;
}

namespace patchbay {

// Adds the verb; `exit` gets the exit code.
void add_conversations(CLI::App& app, int& exit);

}  // namespace patchbay
