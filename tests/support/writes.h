// SPDX-License-Identifier: MIT
// Short words for what tests of stores write and read.
#pragma once
#include <doctest/doctest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "machine/store.h"

namespace patchbay::test {

inline constexpr Milliseconds an_hour{3'600'000};

inline std::uint64_t fresh_revision() {
  // Of the system, and not of a generator: a forked child would draw the same numbers again.
  std::random_device random;
  std::uint64_t revision = 0;
  while (revision == 0) revision = std::uint64_t{random()} << 32U | random();
  return revision;
}

inline RecordChange set(std::string key, std::string value, std::optional<std::uint64_t> was = {}) {
  return {std::move(key), std::move(value), fresh_revision(), was};
}
inline RecordChange removal(std::string key, std::optional<std::uint64_t> was = {}) {
  return {std::move(key), std::nullopt, 0, was};
}
inline Write write_of(std::string conversation, std::vector<RecordChange> changes,
                      Milliseconds keep = an_hour) {
  return {std::move(conversation), std::move(changes), keep};
}

inline Written put(Store& store, const Write& write) {
  const auto written = store.write({&write, 1});
  REQUIRE_MESSAGE(written, (written ? "" : written.error().text()));
  REQUIRE(written->size() == 1);
  return written->front();
}

inline std::vector<Record> all_of(Store& store, std::string_view conversation) {
  auto records = store.load(conversation);
  REQUIRE_MESSAGE(records, (records ? "" : records.error().text()));
  return *std::move(records);
}

// "(absent)" where there is none.
inline std::string value_of(Store& store, std::string_view conversation, std::string_view key) {
  for (const Record& record : all_of(store, conversation)) {
    if (record.key == key) return record.value;
  }
  return "(absent)";
}

inline std::vector<std::string> names_in(const Page& page) {
  std::vector<std::string> names;
  for (const Listed& one : page.conversations) names.push_back(one.conversation);
  return names;
}

// Page by page, to the end.
inline std::vector<std::string> names_of(Store& store, std::string_view prefix, std::size_t most) {
  std::vector<std::string> names;
  std::string from;
  do {
    const auto page = store.list(prefix, from, most);
    REQUIRE_MESSAGE(page, (page ? "" : page.error().text()));
    CHECK(page->conversations.size() <= most);
    for (const Listed& one : page->conversations) names.push_back(one.conversation);
    from = page->next;
  } while (!from.empty());
  return names;
}

}  // namespace patchbay::test
