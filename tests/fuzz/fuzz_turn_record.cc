// SPDX-License-Identifier: MIT
// Can the bytes of a store hurt us? What decodes comes back the same, and fits a history; what is
// redacted stays well-formed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "codec/turn_record.h"
#include "ground/redaction.h"
#include "ground/text.h"
#include "state/history.h"

namespace {

void require(bool promise) {
  if (!promise) std::abort();
}

}  // namespace

// The name is libFuzzer's.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto record = patchbay::decode_turn_record(bytes)) {
    const auto again = patchbay::decode_turn_record(patchbay::encode_turn_record(*record));
    require(again && *again == *record);
    patchbay::History history;
    history.restore({*record});
    for (const patchbay::HistoryLine& line : history.lines(0, 0, 0)) require(!line.text.empty());
  }
  const std::string safe = patchbay::redacted(bytes);
  require(!patchbay::is_utf8(bytes) || patchbay::is_utf8(safe));
  return 0;
}
