// SPDX-License-Identifier: MIT
// How a conversation lies in Redis: one hash, each record's key, and its revision before its value.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "machine/redis_link.h"
#include "machine/store.h"

namespace patchbay {

// Lua's numbers would round it, so a revision travels as eight bytes that are only compared.
std::string as_bytes(std::uint64_t revision);
// Of an answer to HGETALL: by key.
std::vector<Record> records_in(const RedisReply& all);

}  // namespace patchbay
