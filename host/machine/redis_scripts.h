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
  // Of a hold, which is the holder's name and his task; the key is always the hold's.
  // Arguments: name and task, name, milliseconds. 0: it was free, 1: it was his; or the hold of
  // another.
  take,
  // Arguments: name, task, milliseconds, what stands before a name in the key of a list of notices,
  // conversation, how long a notice lives, whether by force ("1"). 1: it is his, 0: another does
  // the same task, 2: another does something else, and was told.
  claim,
  // Arguments: name and task, milliseconds. 1: it is his, 0: another's.
  prolong,
  // Argument: name and task. 1: it was his.
  release,
};

inline constexpr std::size_t redis_scripts = 7;

// What an error of ours begins with: under the first key lies another kind of thing than what is
// kept there. The server's own WRONGTYPE may as well be said of an index, without which no
// conversation can be written.
inline constexpr std::string_view redis_refused = "REFUSED";

std::string_view text_of(RedisScript script);

}  // namespace patchbay
