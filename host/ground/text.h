// SPDX-License-Identifier: MIT
// Small questions about text that several units ask. Bytes in, text out; knows no protocol.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace patchbay {

// Is this well-formed UTF-8 (no surrogates, no overlong forms, nothing above U+10FFFF)?
bool is_utf8(std::string_view text);
// How many bytes of text are well-formed before the first that is not: where it breaks.
std::size_t valid_utf8_prefix(std::string_view text);

// Appends text with every ill-formed sequence replaced by U+FFFD (one per maximal subpart, as the
// Unicode standard and WHATWG advise).
void append_utf8_repaired(std::string& out, std::string_view text);

// Appends a JSON string literal, quotes included. Ill-formed UTF-8 becomes U+FFFD; control
// characters, U+0085, U+2028 and U+2029 are escaped, so that the literal is always one line for
// everybody. `text` must not lie in `out`.
void append_json_string(std::string& out, std::string_view text);
std::string json_string(std::string_view text);

// The text as a terminal may show it: ill-formed UTF-8 and control characters become U+FFFD.
std::string printable(std::string_view text);

// Is there a control character of ASCII in it (below 0x20, or 0x7F)?
bool has_control(std::string_view text);

// The one of `known` that `typo` most probably meant (at most a third of its letters wrong), or
// empty where none is near.
std::string_view nearest(std::string_view typo, std::span<const std::string_view> known);

// Does `name` match [a-z0-9_.-]+ (any case), not beginning with '.' or '-', at most 64 bytes? Such
// a name can stand in a path, a log line and a file name without quoting.
bool is_plain_name(std::string_view name);

}  // namespace patchbay
