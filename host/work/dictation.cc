// SPDX-License-Identifier: MIT
#include "work/dictation.h"

#include <algorithm>
#include <utility>

#include "work/ledger.h"

namespace patchbay {
namespace {

constexpr Milliseconds soonest{1'000};

bool speaks(const Reply& reply, Moment now) {
  return reply.kind() == ReplyKind::stream && reply.book() != nullptr && !reply.is_elsewhere() &&
         !reply.is_closed() && reply.cancelled() == VAP_CANCEL_NONE &&
         now - reply.opened() >= soonest;
}

}  // namespace

void Dictation::look(const std::vector<std::shared_ptr<Reply>>& open, Moment now) {
  struct Due {
    const Reply* reply;
    Noted* noted;
    std::size_t pieces;
  };
  ++looks_;
  std::unordered_map<vap_reply_t, Noted> still;
  std::vector<Due> due;
  for (const auto& reply : open) {
    if (!speaks(*reply, now)) continue;
    const auto before = noted_.find(reply->number());
    Noted& noted = still[reply->number()];  // its address stays
    if (before != noted_.end()) noted = before->second;
    if (const std::size_t pieces = reply->pieces(); pieces > noted.pieces)
      due.push_back({reply.get(), &noted, pieces});
  }
  const auto first = static_cast<std::ptrdiff_t>(std::min(at_once_, due.size()));
  std::partial_sort(due.begin(), due.begin() + first, due.end(), [](const Due& a, const Due& b) {
    return std::pair(a.noted->look, a.reply->number()) <
           std::pair(b.noted->look, b.reply->number());
  });
  due.resize(static_cast<std::size_t>(first));
  for (const Due& one : due) {
    if (note_in_book(*one.reply)) one.noted->pieces = one.pieces;
    one.noted->look = looks_;  // also where it was not taken: others come first then
  }
  noted_ = std::move(still);
}

}  // namespace patchbay
