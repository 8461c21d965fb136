// SPDX-License-Identifier: MIT
// A command line that is wrong: what was probably meant, and which help explains it. CLI11 says
// less, and lists stray words backwards.
#pragma once
#include <string_view>
#include <vector>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace patchbay {

// The verbs below this one that a person may type; they live as long as `app`. [control]
std::vector<std::string_view> verbs_of(const CLI::App& app);

// Says on standard error what is wrong with the command line that `app` has just refused to parse;
// returns exit_usage. [control]
int refuse(const CLI::App& app, const CLI::ParseError& wrong);

}  // namespace patchbay
