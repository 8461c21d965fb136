// SPDX-License-Identifier: MIT
// The files of docs/examples as a test runs them: with its own addresses, and the real programs
// that read them.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace patchbay::test {

using Changes = std::vector<std::pair<std::string, std::string>>;  // from, to; wherever it stands

// The text of that file below docs/examples. Throws where it has nothing to change: it is another
// than this test knows.
std::string example(const std::string& file, const Changes& changes);

// The program at that path. Throws where it is not installed.
std::string program(const char* path);

// "127.0.0.1:PORT"
std::string here(std::uint16_t port);

bool listens(std::uint16_t port);

}  // namespace patchbay::test
