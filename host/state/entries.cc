// SPDX-License-Identifier: MIT
#include "state/entries.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>
#include <utility>

namespace patchbay {

std::size_t Entries::bytes_of(const TurnRecord& opening) {
  return opening.type.size() + opening.turn_id.size() + opening.session_id.size() +
         opening.agent_version.size() + opening.text.size();
}

std::size_t Entries::bytes_of(std::span<const SaidPiece> said, const BesideWords& beside) {
  std::size_t bytes = 0;
  for (const SaidPiece& piece : said) bytes += sizeof piece + piece.text.size();
  for (const ShownPiece& piece : beside.shown) bytes += sizeof piece + piece.json.size();
  return bytes;
}

bool Entries::add(Entry entry, std::size_t most) {
  if (waiting_.size() >= most) return false;
  waiting_.push_back(std::move(entry));
  return true;
}

bool Entries::has(std::uint64_t reply) const {
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [&](const Entry& entry) { return entry.reply == reply; });
}

const TurnRecord* Entries::opening_of(std::uint64_t reply) const {
  for (const Entry& entry : waiting_) {
    if (entry.reply == reply && entry.waits_to_begin()) return &*entry.begins;
  }
  return nullptr;
}

std::vector<Entries::Entry> Entries::take_all() {
  return std::exchange(waiting_, {});
}

std::vector<Entries::Entry> Entries::take_for(std::uint64_t reply) {
  const auto is_his = [&](const Entry& entry) { return entry.reply == reply; };
  const auto last =
      reply == 0 ? waiting_.rend() : std::find_if(waiting_.rbegin(), waiting_.rend(), is_his);
  std::vector<Entry> taken(std::make_move_iterator(waiting_.begin()),
                           std::make_move_iterator(last.base()));
  std::vector<Entry> stay;
  std::unordered_set<std::uint64_t> begin_later;
  for (auto at = last.base(); at != waiting_.end(); ++at) {
    if (at->waits_to_begin()) begin_later.insert(at->reply);
    (begin_later.contains(at->reply) ? stay : taken).push_back(std::move(*at));
  }
  waiting_ = std::move(stay);
  return taken;
}

void Entries::let_go(std::uint64_t reply) {
  for (Entry& entry : waiting_)
    if (entry.reply == reply) entry.runs = true;
}

void Entries::drop(std::uint64_t reply) {
  std::erase_if(waiting_, [&](const Entry& entry) { return entry.reply == reply; });
}

}  // namespace patchbay
