// SPDX-License-Identifier: MIT
#include "machine/redis_caller.h"

#include <algorithm>
#include <iterator>

namespace patchbay {

Problem RedisCaller::reach() {
  const Result<Digests> loaded = digests();
  if (!loaded) return loaded.error();
  return std::nullopt;
}

Result<RedisCaller::Digests> RedisCaller::digests() {
  {
    const std::lock_guard lock(mutex_);
    if (!digests_.front().empty()) return digests_;
  }
  std::vector<RedisCommand> commands;
  for (std::size_t i = 0; i < redis_scripts; ++i) {
    commands.push_back({"SCRIPT", "LOAD", text_of(RedisScript{i})});
  }
  const auto replies = pool_.ask(commands);
  if (!replies) return replies.error();
  Digests found;
  for (std::size_t i = 0; i < redis_scripts; ++i) {
    const RedisReply& reply = (*replies)[i];
    if (reply.kind != RedisReply::Kind::text) return pool_.refusal(reply);
    found[i] = reply.text;
  }
  const std::lock_guard lock(mutex_);
  digests_ = found;
  return found;
}

// Without digests the scripts themselves are sent, which also makes the server know them again.
Result<std::vector<RedisReply>> RedisCaller::send(std::span<const ScriptCall> calls,
                                                  std::span<const RedisCommand> commands,
                                                  const Digests* digests) {
  std::vector<std::string> counts;
  counts.reserve(calls.size());  // the commands point into it
  std::vector<RedisCommand> all;
  all.reserve(calls.size() + commands.size());
  for (const ScriptCall& call : calls) {
    RedisCommand& command = all.emplace_back();
    if (digests != nullptr) {
      command = {"EVALSHA", (*digests)[static_cast<std::size_t>(call.script)]};
    } else {
      command = {"EVAL", text_of(call.script)};
    }
    command.push_back(counts.emplace_back(std::to_string(call.keys.size())));
    command.insert(command.end(), call.keys.begin(), call.keys.end());
    command.insert(command.end(), call.arguments.begin(), call.arguments.end());
  }
  all.insert(all.end(), commands.begin(), commands.end());
  return pool_.ask(all);
}

Result<std::vector<RedisReply>> RedisCaller::run(std::span<const ScriptCall> calls,
                                                 std::span<const RedisCommand> commands) {
  const Result<Digests> known = digests();
  if (!known) return known.error();
  Result<std::vector<RedisReply>> replies = send(calls, commands, &*known);
  if (!replies) return replies;
  const auto lost = std::find_if(replies->begin(), replies->end(), [](const RedisReply& reply) {
    return reply.is_error("NOSCRIPT");
  });
  if (lost == replies->end()) return replies;
  const auto done = static_cast<std::size_t>(lost - replies->begin());
  Result<std::vector<RedisReply>> again = send(calls.subspan(done), commands, nullptr);
  if (!again) return again;
  std::move(again->begin(), again->end(), lost);
  return replies;
}

Result<std::vector<std::int64_t>> RedisCaller::count(std::span<const ScriptCall> calls) {
  const Result<std::vector<RedisReply>> replies = run(calls);
  if (!replies) return replies.error();
  std::vector<std::int64_t> answers;
  answers.reserve(replies->size());
  for (const RedisReply& reply : *replies) {
    if (reply.is_error(redis_refused)) return wrong_kind(calls[answers.size()].keys.front());
    if (reply.kind != RedisReply::Kind::number) return refusal(reply);
    answers.push_back(reply.number);
  }
  return answers;
}

Result<std::int64_t> RedisCaller::count(const ScriptCall& call) {
  const auto answers = count(std::span(&call, 1));
  if (!answers) return answers.error();
  return answers->front();
}

}  // namespace patchbay
