// SPDX-License-Identifier: MIT
// Judges JSON text without keeping a document: for what passes through us as bytes.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "ground/result.h"

namespace patchbay {

// Is this one complete JSON value in valid UTF-8, nested at most max_depth deep? The Error's message
// says where it breaks.  [any]
[[nodiscard]] Problem check_json(std::string_view json, std::size_t max_depth);

// The body of every error answer: {"error":{"code":…,"message":…,"hint":…}}.
std::string error_body(const Error& error);

}  // namespace patchbay
