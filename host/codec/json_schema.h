// SPDX-License-Identifier: MIT
// Is a JSON value what a JSON Schema (draft 7) asks for? Both come from strangers, so the part of
// the language that could hang or kill us is refused: references that recurse or leave the
// document, and patternProperties. "format" is not checked. A "pattern" costs polynomial time and
// no stack.
#pragma once
#include <string_view>

#include "ground/result.h"

namespace patchbay {

// Can we check values against this schema? The Error's code is schema_invalid.  [any]
[[nodiscard]] Problem check_schema(std::string_view schema);

// The Error's code is schema_invalid, or value_invalid: then its message begins with the path of
// the offending key, eg: "calendar.port: ...", and its hint says what the schema wants there. No
// value is repeated in it: it may be a secret.  [any]
[[nodiscard]] Problem check_value(std::string_view schema, std::string_view value);

}  // namespace patchbay
