// SPDX-License-Identifier: MIT
// Bytes of any kind as part of a URL: %XX.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace patchbay {

// All but letters, digits and "-._~" are written as %XX, so that it can stand between the slashes
// of a path, and in a query.  [any]
std::string percent_encoded(std::string_view bytes);

// Nothing where a '%' is not followed by two hex digits. A '+' stays one.  [any]
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace patchbay
