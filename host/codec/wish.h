// SPDX-License-Identifier: MIT
// The body of a request to the admin interface: a JSON object with one member, whose name says what
// is wished. Knows none of the wishes.
#pragma once
#include <string>
#include <string_view>

#include "ground/result.h"

namespace patchbay {

// {"MEMBER": …} and nothing else. The Error (body_not_json, body_not_as_wanted) shows how to write
// it. `member` is a plain name, `example` a JSON value of it, eg: "\"debug\"".  [any]
Result<std::string> wished_text(std::string_view body, std::string_view member,
                                std::string_view example);
Result<bool> wished_flag(std::string_view body, std::string_view member);

}  // namespace patchbay
