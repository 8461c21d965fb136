// SPDX-License-Identifier: MIT
#include "state/entries.h"

#include <doctest/doctest.h>

#include <string>

namespace patchbay {
namespace {

struct List {
  Entries entries;
  std::string written;

  void add(std::uint64_t reply, char mark, bool begins = false) {
    Entries::Entry entry{reply, [this, mark](const TurnRecord&) { written += mark; }};
    if (begins) entry.begins.emplace();
    CHECK(entries.add(std::move(entry), 10));
  }
  std::string write(std::vector<Entries::Entry> taken) {
    written.clear();
    for (Entries::Entry& entry : taken) entry.enter();
    return written;
  }
};

TEST_SUITE("entries") {
  TEST_CASE("a turn takes what stands before it along, and leaves turns that come after it") {
    List list;
    list.add(1, 'a', true);
    list.add(2, 'b', true);
    list.add(1, 'c');
    list.add(3, 'd', true);
    list.add(3, 'e');
    list.add(0, 'f');
    list.add(9, 'g');  // of a turn that has begun
    CHECK(list.write(list.entries.take_for(2)) == "abcfg");
    CHECK(list.write(list.entries.take_for(0)).empty());
    CHECK(list.entries.has(3));
    list.entries.let_go(3);
    CHECK(list.write(list.entries.take_for(0)) == "de");
    CHECK(list.entries.empty());
  }

  TEST_CASE("what is dropped is not entered, and what has no room is refused") {
    List list;
    list.add(1, 'a', true);
    list.add(1, 'b');
    list.add(2, 'c');
    CHECK(list.entries.opening_of(1) != nullptr);
    CHECK(list.entries.opening_of(2) == nullptr);
    list.entries.drop(1);
    CHECK_FALSE(list.entries.add({3, [](const TurnRecord&) {}}, 1));
    CHECK(list.write(list.entries.take_all()) == "c");
  }
}

}  // namespace
}  // namespace patchbay
