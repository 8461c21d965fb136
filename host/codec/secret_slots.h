// SPDX-License-Identifier: MIT
// "{secret:NAME}" in a header's value: where an agent names a secret that it never reads.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "ground/result.h"

namespace patchbay {

// What may name a secret: letters, digits, '.', '_' and '-', at most 64.
bool is_secret_name(std::string_view name);

bool has_secret_slot(std::string_view value);

// The value with every slot filled by what `find` gives for its name. The Error is that of `find`,
// or secret_slot_invalid; it never has a secret in it.
using FindSecret = std::function<Result<std::string>(std::string_view name)>;
Result<std::string> fill_secret_slots(std::string_view value, const FindSecret& find);

}  // namespace patchbay
