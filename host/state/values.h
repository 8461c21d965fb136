// SPDX-License-Identifier: MIT
// What an agent remembers in one conversation (vap.state/1): small values under keys, each with a
// revision to compare. Pure: whoever has one guards it, and writes down the changes it gives.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "machine/store.h"
#include "vap/vap.h"

namespace patchbay {

class Values {
 public:
  struct Limits {
    std::size_t key = 256;          // bytes
    std::size_t value = 64 * 1024;  // bytes
    std::size_t keys = 256;
  };
  struct Value {
    std::shared_ptr<const std::string> bytes;  // null where the key is absent
    std::uint64_t revision = 0;                // 0 where the key is absent
  };
  struct Put {
    vap_status_t status = VAP_OK;
    std::optional<RecordChange> change = {};  // nothing: there is nothing to write down
  };

  explicit Values(Limits limits) : limits_(limits) {}

  [[nodiscard]] Value get(std::string_view key) const;
  // Takes the value if the key still has the revision `was` (VAP_REV_ANY: in any case); an empty
  // value removes the key. `fresh` becomes the revision. VAP_E_CONFLICT, VAP_E_LIMIT, or
  // VAP_E_INVALID for an empty key: then nothing has changed.
  Put put(std::string_view key, std::string_view value, std::uint64_t was, std::uint64_t fresh);
  // Takes up what a store has kept; false for the record of something else.
  bool restore(Record& record);
  // Whose value it is, a part of the record; nothing where it is no value's.
  [[nodiscard]] static std::optional<std::string_view> key_in(const Record& record);

 private:
  Limits limits_;
  std::unordered_map<std::string, Value> values_;
};

}  // namespace patchbay
