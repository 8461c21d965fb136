// SPDX-License-Identifier: MIT
#include "codec/json_fields.h"

#include <cstdint>

namespace patchbay {

std::string text_of(const JsonFields& json) {
  return json.dump(-1, ' ', false, JsonFields::error_handler_t::replace);
}

void take(const JsonFields& object, const char* name, Milliseconds& out) {
  std::int64_t count = 0;
  take(object, name, count);
  out = Milliseconds(count);
}

JsonFields list_in(const JsonFields& object, const char* name) {
  const auto field = object.find(name);
  return field != object.end() && field->is_array() ? *field : JsonFields::array();
}

Error not_understood(std::string_view topic) {
  return {"not_understood", "the answer is not what a host says of " + std::string(topic),
          "are the two programs of one version? see patchbay --version"};
}

}  // namespace patchbay
