// SPDX-License-Identifier: MIT
// What runs inside the Redis server, where nobody comes between: Lua for what must be looked at and
// changed in one step. Only commands that Redis 6 and Valkey both have.
#pragma once
#include <array>
#include <cstddef>
#include <string_view>

namespace patchbay {

enum class RedisScript : std::size_t {
  // Keys: the conversation, by-last-write, by-forget-at. Arguments: its name, milliseconds to keep,
  // then for each change: key, revision it must have ("": absent, "*": any), new value ("": it is
  // removed). A value begins with the eight bytes of its revision. 1: done, 0: conflict.
  write,
  // Keys as above; argument: the name. 1: it was there.
  forget,
  // Keys: by-last-write, by-forget-at. Arguments: what stands before a name in the key of a
  // conversation, and how many to take away at most. How many went.
  sweep,
  // Key: the lease. Arguments: holder, milliseconds. 1: it is his.
  claim,
  // Key: the lease. Argument: holder. 1: it was his.
  release,
};

inline constexpr std::size_t redis_scripts = 5;

std::string_view text_of(RedisScript script);

}  // namespace patchbay
