// SPDX-License-Identifier: MIT
#include "machine/redis_scripts.h"

namespace patchbay {
namespace {

// The server's own clock dates and orders the writes: those of the hosts may differ. Numbers as
// large as microseconds since 1970 are put together as text, since Lua would round them.
constexpr std::array<std::string_view, redis_scripts> texts{
    R"(
local seen = redis.pcall('HGET', KEYS[1], '')
if type(seen) == 'table' and string.find(seen.err, 'WRONGTYPE', 1, true) then
  return redis.error_reply('REFUSED a key of another kind')
end
local conflict = false
for i = 3, #ARGV, 3 do
  local held = redis.call('HGET', KEYS[1], ARGV[i])
  local is = held and string.sub(held, 1, 8) or ''
  local was, value = ARGV[i + 1], ARGV[i + 2]
  if value ~= '' and is == string.sub(value, 1, 8) then return 1 end
  local removed_already = value == '' and is == ''
  if was ~= '*' and was ~= is and not removed_already then conflict = true end
end
if conflict then return 0 end
for i = 3, #ARGV, 3 do
  if ARGV[i + 2] == '' then
    redis.call('HDEL', KEYS[1], ARGV[i])
  else
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
  end
end
if redis.call('PEXPIRE', KEYS[1], ARGV[2]) == 0 then
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('ZREM', KEYS[3], ARGV[1])
  return 1
end
local time = redis.call('TIME')
local forget_at = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2]
redis.call('ZADD', KEYS[2], time[1] .. string.format('%06d', time[2]), ARGV[1])
redis.call('ZADD', KEYS[3], string.format('%.0f', forget_at), ARGV[1])
return 1
)",
    R"(
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return redis.call('DEL', KEYS[1])
)",
    R"(
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local over = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[2])
for _, name in ipairs(over) do
  redis.call('DEL', ARGV[1] .. name)
  redis.call('ZREM', KEYS[1], name)
  redis.call('ZREM', KEYS[2], name)
end
return #over
)",
    R"(
local held = redis.pcall('GET', KEYS[1])
if type(held) == 'table' then
  if string.find(held.err, 'WRONGTYPE', 1, true) then
    return redis.error_reply('REFUSED a key of another kind')
  end
  return held
end
if held and string.sub(held, 1, #ARGV[2]) ~= ARGV[2] then return held end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
return held and 1 or 0
)",
    R"(
local held = redis.call('GET', KEYS[1])
local holder = held and string.sub(held, 1, #ARGV[1])
if held and holder ~= ARGV[1] then
  local task = string.sub(held, #ARGV[1] + 1)
  if task == ARGV[2] then return 0 end
  redis.call('RPUSH', ARGV[4] .. holder, #task .. ':' .. task .. ARGV[5])
  redis.call('PEXPIRE', ARGV[4] .. holder, ARGV[6])
  if ARGV[7] ~= '1' then return 2 end
end
redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PX', ARGV[3])
return 1
)",
    R"(
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
)",
    R"(
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
)",
};

}  // namespace

std::string_view text_of(RedisScript script) {
  return texts[static_cast<std::size_t>(script)];
}

}  // namespace patchbay
