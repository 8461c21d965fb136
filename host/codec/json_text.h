// SPDX-License-Identifier: MIT
// Judges JSON text without keeping a document: for what passes through us as bytes.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "ground/result.h"

namespace patchbay {

// Is this one complete JSON value in valid UTF-8, nested at most max_depth deep? Strict, so that
// its bytes can stand in another document: no byte order mark, no NUL, no half of a surrogate pair,
// no number beyond a double. The Error's code is json_not_utf8, json_too_deep or json_invalid; its
// message says where it breaks and quotes nothing: the text may be a caller's words.  [any]
[[nodiscard]] Problem check_json(std::string_view json, std::size_t max_depth);

// The body of every error answer: {"error":{"code":…,"message":…,"hint":…}}, all three always
// strings.
std::string error_body(const Error& error);
// The other way round; nothing where the body is no such thing.
std::optional<Error> error_in_body(std::string_view body);

}  // namespace patchbay
