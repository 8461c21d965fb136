// SPDX-License-Identifier: MIT
// What must not stand in a log: numbers that a caller says (of a phone, a card), addresses, keys.
#pragma once
#include <string>
#include <string_view>

namespace patchbay {

// The text with these in the place of what they name:
//   [number]  four digits or more, also with single blanks, dashes, dots, slashes or brackets
//             between them, eg: "0171 / 555-01 23", "4111 1111 1111 1111", "+49 30 123456"
//   [e-mail]  eg: "ada@example.com"
//   [key]     what follows "Bearer ", what begins as keys of well-known makers do, eg: "sk-",
//             "ghp_", "AKIA", and 32 or more characters of hex or base64 in a row
// Everything else stays byte for byte, ill-formed UTF-8 too. Takes time in proportion to the
// length of the text, whatever is in it.  [any]
std::string redacted(std::string_view text);

}  // namespace patchbay
