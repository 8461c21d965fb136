// SPDX-License-Identifier: MIT
#include "state/seen_signatures.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "codec/signature.h"

namespace patchbay {
namespace {

// A signature is good from 300 s before its time to 300 s after it.
constexpr Seconds page_lasts = 2 * signature_window + Seconds{1};

// The digits behind "t=": in a header that was verified there are some, once.
std::string_view time_in(std::string_view header) {
  while (!header.empty()) {
    std::string_view item = header.substr(0, header.find(','));
    header.remove_prefix(std::min(header.size(), item.size() + 1));
    item.remove_prefix(std::min(item.size(), item.find_first_not_of(" \t")));
    if (!item.starts_with("t=")) continue;
    item.remove_prefix(2);
    return item.substr(0, item.find_first_not_of("0123456789"));
  }
  return {};
}

}  // namespace

bool SeenSignatures::is_first(std::string_view header, std::string_view body, UnixSeconds now) {
  std::string signed_bytes(time_in(header));
  signed_bytes.append(1, '.').append(body);
  const std::uint64_t signature = std::hash<std::string_view>{}(signed_bytes);
  const std::lock_guard lock(mutex_);
  turn_page_locked(now);
  if (page_before_.contains(signature)) return false;
  return page_.insert(signature).second;
}

void SeenSignatures::turn_page_locked(UnixSeconds now) {
  if (page_began_ == UnixSeconds{}) page_began_ = now;
  if (page_.size() < most_ / 2 && now - page_began_ < page_lasts) return;
  page_before_ = std::exchange(page_, {});
  page_began_ = now;
}

}  // namespace patchbay
