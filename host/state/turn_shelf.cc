// SPDX-License-Identifier: MIT
#include "state/turn_shelf.h"

#include <string>

#include "codec/turn_record.h"

namespace patchbay {
namespace {

constexpr std::string_view turn_prefix = "t/";

std::string turn_key(std::uint64_t number) {
  constexpr std::size_t most_digits = 12;
  std::string digits = std::to_string(number);
  std::string key(turn_prefix);  // with zeros, so that their order is that of bytes
  if (digits.size() < most_digits) key.append(most_digits - digits.size(), '0');
  return key += digits;
}

}  // namespace

bool is_turn(const Record& record) {
  return record.key.starts_with(turn_prefix);
}

std::vector<TurnRecord> take_turns(std::vector<Record>& records) {
  std::vector<TurnRecord> turns;
  std::erase_if(records, [&](const Record& record) {
    if (!is_turn(record)) return false;
    if (auto turn = decode_turn_record(record.value)) turns.push_back(*std::move(turn));
    return true;
  });
  return turns;
}

std::vector<RecordChange> changes_of(std::span<const std::uint64_t> numbers, KnownTurns& turns,
                                     Revisions& revisions) {
  std::vector<RecordChange> changes;
  const auto put = [&](std::uint64_t number) {
    if (const TurnRecord* turn = turns.history().turn(number))
      changes.push_back({turn_key(number), encode_turn_record(*turn), revisions.next()});
  };
  for (const std::uint64_t number : numbers) put(number);
  for (const std::uint64_t number : turns.take_emptied()) put(number);
  for (const std::uint64_t number : turns.take_dropped())
    changes.push_back({turn_key(number), std::nullopt});
  return changes;
}

}  // namespace patchbay
