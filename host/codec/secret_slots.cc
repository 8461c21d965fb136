// SPDX-License-Identifier: MIT
#include "codec/secret_slots.h"

#include "codec/http_grammar.h"

namespace patchbay {
namespace {

constexpr std::string_view opening = "{secret:";
constexpr std::size_t longest_name = 64;  // bytes
constexpr ByteSet name_bytes = alphanumerics.with(ByteSet("-._"));

}  // namespace

bool is_secret_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && name_bytes.spells(name);
}

bool has_secret_slot(std::string_view value) {
  return value.find(opening) != std::string_view::npos;
}

Result<std::string> fill_secret_slots(std::string_view value, const FindSecret& find) {
  std::string filled;
  for (;;) {
    const std::size_t at = value.find(opening);
    filled.append(value.substr(0, at));
    if (at == std::string_view::npos) return filled;
    value.remove_prefix(at + opening.size());
    const std::size_t close = value.find('}');
    const std::string_view name = value.substr(0, close);
    if (close == std::string_view::npos || !is_secret_name(name)) {
      return Error{"secret_slot_invalid", "a header's value has \"{secret:\" without a good name",
                   "write \"{secret:NAME}\""};
    }
    Result<std::string> secret = find(name);
    if (!secret) return secret;
    filled.append(*secret);
    value.remove_prefix(close + 1);
  }
}

}  // namespace patchbay
