// SPDX-License-Identifier: MIT
// Which agents may call the functions of which: may_call in [agents.NAME]. Calls cannot go round,
// since a ring of them would have no end.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "codec/table_reader.h"
#include "codec/toml_document.h"

namespace patchbay {

// The names in the table of one agent, in their order.
std::vector<std::string> read_may_call(TableReader& agent);

// By name of each agent of the file, whom it may call. Every name has to be one of them, and no
// agent may be reached from itself. `agents` is the table that they stand in, for the places.
void check_may_call(const TomlValue& agents,
                    const std::map<std::string, std::vector<std::string>>& whom,
                    Findings& findings);

}  // namespace patchbay
