// SPDX-License-Identifier: MIT
#include "state/memory.h"

#include <doctest/doctest.h>

#include <string>

namespace patchbay {
namespace {

const Moment start{};

std::string text_of(const Memory::Value& value) {
  return value.bytes ? *value.bytes : std::string("(absent)");
}

TEST_SUITE("memory") {
  TEST_CASE("what was put is got, and only by the same agent in the same conversation") {
    Memory memory;
    CHECK(memory.put("bakery", "c1", "name", "Ada", UINT64_MAX, start) == VAP_OK);
    CHECK(text_of(memory.get("bakery", "c1", "name", start)) == "Ada");
    CHECK(text_of(memory.get("bakery", "c2", "name", start)) == "(absent)");
    CHECK(text_of(memory.get("greeter", "c1", "name", start)) == "(absent)");
  }

  TEST_CASE("a revision that was overtaken is refused") {
    Memory memory;
    CHECK(memory.put("a", "c", "k", "one", 0, start) == VAP_OK);
    const auto seen = memory.get("a", "c", "k", start).revision;
    CHECK(memory.put("a", "c", "k", "two", seen, start) == VAP_OK);
    CHECK(memory.put("a", "c", "k", "late", seen, start) == VAP_E_CONFLICT);
    CHECK(memory.put("a", "c", "k", "late", 0, start) == VAP_E_CONFLICT);
    CHECK(text_of(memory.get("a", "c", "k", start)) == "two");
  }

  TEST_CASE("a key that was removed and made again has another revision") {
    Memory memory;
    memory.put("a", "c", "k", "one", UINT64_MAX, start);
    const auto seen = memory.get("a", "c", "k", start).revision;
    CHECK(memory.put("a", "c", "k", "", seen, start) == VAP_OK);
    CHECK(memory.get("a", "c", "k", start).revision == 0);
    memory.put("a", "c", "k", "one", UINT64_MAX, start);
    CHECK(memory.put("a", "c", "k", "late", seen, start) == VAP_E_CONFLICT);
  }

  TEST_CASE("removing what is not there is done already") {
    Memory memory;
    CHECK(memory.put("a", "c", "k", "", UINT64_MAX, start) == VAP_OK);
    CHECK(memory.put("a", "c", "k", "", 7, start) == VAP_E_CONFLICT);
    CHECK(memory.conversations() == 0);
  }

  TEST_CASE("keys, values and their number are bounded") {
    Memory::Limits limits;
    limits.keys = 2;
    Memory memory(limits);
    CHECK(memory.put("a", "c", "", "v", UINT64_MAX, start) == VAP_E_INVALID);
    CHECK(memory.put("a", "c", std::string(257, 'k'), "v", UINT64_MAX, start) == VAP_E_LIMIT);
    CHECK(memory.put("a", "c", "k", std::string(64 * 1024 + 1, 'v'), UINT64_MAX, start) ==
          VAP_E_LIMIT);
    CHECK(memory.put("a", "c", "k1", "v", UINT64_MAX, start) == VAP_OK);
    CHECK(memory.put("a", "c", "k2", "v", UINT64_MAX, start) == VAP_OK);
    CHECK(memory.put("a", "c", "k3", "v", UINT64_MAX, start) == VAP_E_LIMIT);
    CHECK(memory.put("a", "c", "k2", "w", UINT64_MAX, start) == VAP_OK);
  }

  TEST_CASE("the conversation unused for longest makes room for a new one") {
    Memory::Limits limits;
    limits.conversations = 2;
    Memory memory(limits);
    memory.put("a", "old", "k", "v", UINT64_MAX, start);
    memory.put("a", "new", "k", "v", UINT64_MAX, start);
    memory.get("a", "old", "k", start);
    memory.put("a", "third", "k", "v", UINT64_MAX, start);
    CHECK(text_of(memory.get("a", "old", "k", start)) == "v");
    CHECK(text_of(memory.get("a", "new", "k", start)) == "(absent)");
  }

  TEST_CASE(
      "after session.end a conversation is forgotten, but not before a caller could reconnect") {
    Memory memory;
    memory.put("a", "c", "k", "v", UINT64_MAX, start);
    memory.session_ended("a", "c", start);
    memory.sweep(start + Seconds{599});
    CHECK(memory.conversations() == 1);
    memory.sweep(start + Seconds{600});
    CHECK(memory.conversations() == 0);
  }

  TEST_CASE("a caller who comes back after session.end is known for as long as any other") {
    Memory memory;
    memory.put("a", "c", "k", "v", UINT64_MAX, start);
    memory.session_ended("a", "c", start);
    CHECK(text_of(memory.get("a", "c", "k", start + Seconds{300})) == "v");
    memory.sweep(start + Seconds{3600});
    CHECK(memory.conversations() == 1);
    memory.sweep(start + Seconds{300 + 24 * 3600});
    CHECK(memory.conversations() == 0);
  }

  TEST_CASE("bytes that were handed out live on after the value was replaced") {
    Memory memory;
    memory.put("a", "c", "k", "one", UINT64_MAX, start);
    const Memory::Value held = memory.get("a", "c", "k", start);
    memory.put("a", "c", "k", "two", UINT64_MAX, start);
    CHECK(text_of(held) == "one");
  }
}

}  // namespace
}  // namespace patchbay
