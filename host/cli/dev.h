// SPDX-License-Identifier: MIT
// `patchbay dev`: the author's loop. A source is saved, the project is built, and the host that
// runs beside takes the build; where that fails, the old version serves on.
#pragma once

namespace CLI {
class App;
}

namespace patchbay {

// As add_serve().
void add_dev(CLI::App& app, int& exit);

}  // namespace patchbay
