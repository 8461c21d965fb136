// SPDX-License-Identifier: MIT
#include "machine/memory_store.h"

#include <algorithm>
#include <charconv>

namespace patchbay {
Result<std::vector<Record>> MemoryStore::load(std::string_view conversation) {
  const std::lock_guard lock(mutex_);
  std::vector<Record> records;
  const auto found = conversations_.find(conversation);
  if (found == conversations_.end() || found->second.forget_at <= wall_now()) return records;
  records.reserve(found->second.records.size());
  for (const auto& [key, held] : found->second.records) {
    records.push_back({key, held.value, held.revision});
  }
  return records;
}

Result<std::vector<Written>> MemoryStore::write(std::span<const Write> batch) {
  const std::lock_guard lock(mutex_);
  std::vector<Written> written;
  written.reserve(batch.size());
  for (const Write& write : batch) written.push_back(write_locked(write, wall_now()));
  return written;
}

Written MemoryStore::write_locked(const Write& write, WallTime now) {
  auto found = conversations_.find(write.conversation);
  if (found != conversations_.end() && found->second.forget_at <= now) {
    conversations_.erase(found);
    found = conversations_.end();
  }
  const auto revision_now = [&](const std::string& key) -> std::uint64_t {
    if (found == conversations_.end()) return 0;
    const auto record = found->second.records.find(key);
    return record == found->second.records.end() ? 0 : record->second.revision;
  };
  WriteCheck check;
  for (const RecordChange& change : write.changes) check.look_at(change, revision_now(change.key));
  if (check.standing() == WriteCheck::Standing::conflict) return Written::conflict;
  if (check.standing() == WriteCheck::Standing::done_already) return Written::done;

  Conversation& conversation = conversations_[write.conversation];
  for (const RecordChange& change : write.changes) {
    if (change.value) {
      conversation.records[change.key] = {*change.value, change.revision};
    } else {
      conversation.records.erase(change.key);
    }
  }
  conversation.turn = next_turn_++;
  conversation.last_write = now;
  conversation.forget_at = now + write.keep;
  if (conversation.records.empty()) conversations_.erase(write.conversation);
  return Written::done;
}

Result<bool> MemoryStore::forget(std::string_view conversation) {
  const std::lock_guard lock(mutex_);
  const auto found = conversations_.find(conversation);
  if (found == conversations_.end()) return false;
  conversations_.erase(found);
  return true;
}

Result<Page> MemoryStore::list(std::string_view prefix, std::string_view from, std::size_t most) {
  std::uint64_t before = UINT64_MAX;
  std::from_chars(from.data(), from.data() + from.size(), before);
  const std::lock_guard lock(mutex_);
  const WallTime now = wall_now();
  std::vector<Conversations::const_iterator> all;
  for (auto at = conversations_.lower_bound(prefix);
       at != conversations_.end() && at->first.starts_with(prefix); ++at) {
    if (at->second.turn < before && at->second.forget_at > now) all.push_back(at);
  }
  std::sort(all.begin(), all.end(), [](auto a, auto b) { return a->second.turn > b->second.turn; });
  Page page;
  if (all.size() > most) {
    all.resize(most);
    if (most > 0) page.next = std::to_string(all.back()->second.turn);
  }
  for (const auto at : all) page.conversations.push_back({at->first, at->second.last_write});
  return page;
}

Result<std::size_t> MemoryStore::sweep() {
  const std::lock_guard lock(mutex_);
  const WallTime now = wall_now();
  return std::erase_if(conversations_,
                       [now](const auto& entry) { return entry.second.forget_at <= now; });
}

}  // namespace patchbay
