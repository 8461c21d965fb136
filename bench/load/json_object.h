// SPDX-License-Identifier: MIT
// One JSON object, judged whole (RFC 8259, strict, UTF-8), and the text fields of its outermost
// level as they stand in the bytes, with their escapes. No tree is built: this runs for every
// event.
#pragma once
#include <optional>
#include <string_view>

namespace patchbay::bench {

struct EventFields {
  std::optional<std::string_view> type;
  std::optional<std::string_view> turn_id;
  std::optional<std::string_view> content;  // where it is a string
  bool has_content = false;
};

// Nothing where the bytes are not exactly one JSON object, or name one of these fields twice.
std::optional<EventFields> read_event(std::string_view json);

}  // namespace patchbay::bench
