// SPDX-License-Identifier: MIT
// JSON between two of our own programs, which may be of different versions: what is missing keeps
// its default, what is unknown is passed over. For units that have the door to nlohmann themselves.
#pragma once
#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "ground/clock.h"
#include "ground/result.h"

namespace patchbay {

using JsonFields = nlohmann::ordered_json;

// On one line. Bytes that are no UTF-8 become U+FFFD: a plugin's own words may be in it.
std::string text_of(const JsonFields& json);

// Throws where the field is of another type: only within read_fields().
template <class T>
void take(const JsonFields& object, const char* name, T& out) {
  const auto field = object.find(name);
  if (field != object.end() && !field->is_null()) out = field->template get<T>();
}

// The same for a number of milliseconds.
void take(const JsonFields& object, const char* name, Milliseconds& out);

// The array of that name; an empty one where there is none.
JsonFields list_in(const JsonFields& object, const char* name);

// What of `topic` the answer was to be about, eg: "its plugins".
Error not_understood(std::string_view topic);

// What the other program said of `topic`: `read(object, out)` takes what it wants to know. The
// Error means that it is no such JSON at all.
template <class Out, class Read>
Result<Out> read_fields(std::string_view json, std::string_view topic, Read read) {
  try {
    const JsonFields document = JsonFields::parse(json);
    if (document.is_object()) {
      Out out{};
      read(document, out);
      return out;
    }
  } catch (const std::exception&) {  // nlohmann's way to say that a type is another
  }
  return not_understood(topic);
}

}  // namespace patchbay
