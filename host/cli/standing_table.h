// SPDX-License-Identifier: MIT
// How a host's plugins stand, as lines for a person: what serves, what still drains and why, what
// was refused and why. Prints nothing.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "ground/clock.h"
#include "state/standing.h"

namespace patchbay {

struct Look {
  bool colour = false;
  std::size_t columns = 0;  // width of the terminal; 0: as wide as it gets
};

// Lines without a line break, none wider than the terminal. Libraries that are unloaded are left
// out.
std::vector<std::string> standing_table(const Standing& standing, const Look& look);

// "12s", "3m", "2h", "5d".
std::string short_time(Milliseconds time);
// What a plugin is at, or what keeps its old versions, in one line; empty: nothing.
std::string under_way(const PluginStanding& plugin);
// "1.4.2 (9f2c01ab34de)".
std::string version_and_digest(const std::string& version, const std::string& digest);

}  // namespace patchbay
