// SPDX-License-Identifier: MIT
// `patchbay load`, `unload`, `rollback`, `reload`, `drain`, `log-level`: change something in a
// running host, by its admin socket.
#pragma once

namespace CLI {
class App;
}

namespace patchbay {

// Adds the verbs to the command line; `exit` gets the exit code.
void add_steer(CLI::App& app, int& exit);

}  // namespace patchbay
