// SPDX-License-Identifier: MIT
#include "machine/redis_records.h"

#include <algorithm>

namespace patchbay {
namespace {

constexpr std::size_t revision_bytes = 8;

std::uint64_t revision_in(std::string_view bytes) {
  std::uint64_t revision = 0;
  for (const char byte : bytes) revision = revision << 8 | static_cast<unsigned char>(byte);
  return revision;
}

}  // namespace

std::string as_bytes(std::uint64_t revision) {
  std::string bytes(revision_bytes, '\0');
  for (std::size_t i = 0; i < revision_bytes; ++i) {
    bytes[revision_bytes - 1 - i] = static_cast<char>(revision >> (8 * i));
  }
  return bytes;
}

std::vector<Record> records_in(const RedisReply& all) {
  std::vector<Record> records;
  for (std::size_t i = 0; i + 1 < all.list.size(); i += 2) {
    const std::string_view held = all.list[i + 1].text;
    if (held.size() < revision_bytes) continue;  // somebody else's: no record of ours is so short
    records.push_back({all.list[i].text, std::string(held.substr(revision_bytes)),
                       revision_in(held.substr(0, revision_bytes))});
  }
  std::sort(records.begin(), records.end(),
            [](const Record& a, const Record& b) { return a.key < b.key; });
  return records;
}

}  // namespace patchbay
