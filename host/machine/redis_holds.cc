// SPDX-License-Identifier: MIT
#include "machine/redis_holds.h"

#include <charconv>
#include <optional>

#include "machine/redis_records.h"

namespace patchbay {
namespace {

constexpr Milliseconds notice_lives{60'000};  // of a holder who has died nobody reads it
constexpr Seconds listens{2};                 // in one command; then the link is known to live

// "7:turn_12bakery\nconv_9": how long the task is, the task, the conversation.
std::optional<Hold> read_notice(std::string_view text) {
  std::size_t size = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (wrong != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.empty() || text.front() != ':' || text.size() - 1 < size) return std::nullopt;
  return Hold{std::string(text.substr(1 + size)), std::string(text.substr(1, size))};
}

}  // namespace

std::string RedisHolds::key_of(std::string_view kind, std::string_view name) const {
  std::string key = prefix_;
  key.append(kind).append(name);
  return key;
}

Result<Holds::Found> RedisHolds::take_and_load(const Hold& wanted, Milliseconds time) {
  const ScriptCall call{RedisScript::take,
                        {key_of("hold:", wanted.conversation)},
                        {holder_ + wanted.task, holder_, std::to_string(time.count())}};
  const std::string key = key_of("c:", wanted.conversation);
  const RedisCommand load{"HGETALL", key};
  const auto replies = caller_->run({&call, 1}, {&load, 1});
  if (!replies) return replies.error();
  const RedisReply& hold = replies->front();
  if (hold.is_error(redis_refused)) return caller_->wrong_kind(call.keys.front());
  if (hold.kind == RedisReply::Kind::error) return caller_->refusal(hold);
  const RedisReply& records = replies->back();
  if (records.is_error("WRONGTYPE")) return caller_->wrong_kind(key);
  if (records.kind != RedisReply::Kind::list) return caller_->refusal(records);
  Found found;
  found.records = records_in(records);
  found.was_ours = hold.kind == RedisReply::Kind::number && hold.number == 1;
  if (hold.kind == RedisReply::Kind::text) {
    const bool same = std::string_view(hold.text).substr(holder_.size()) == wanted.task;
    found.taken = same ? Taken::same_task : Taken::other_task;
  }
  return found;
}

Result<Holds::Taken> RedisHolds::claim(const Hold& wanted, Milliseconds time, bool by_force) {
  const auto answer = caller_->count(ScriptCall{
      RedisScript::claim,
      {key_of("hold:", wanted.conversation)},
      {holder_, wanted.task, std::to_string(time.count()), key_of("wanted:", ""),
       wanted.conversation, std::to_string(notice_lives.count()), by_force ? "1" : "0"}});
  if (!answer) return answer.error();
  if (*answer == 1) return Taken::ours;
  return *answer == 0 ? Taken::same_task : Taken::other_task;
}

Result<std::vector<bool>> RedisHolds::prolong(std::span<const Hold> ours, Milliseconds time) {
  std::vector<ScriptCall> calls;
  calls.reserve(ours.size());
  for (const Hold& hold : ours) {
    calls.push_back({RedisScript::prolong,
                     {key_of("hold:", hold.conversation)},
                     {holder_ + hold.task, std::to_string(time.count())}});
  }
  const auto answers = caller_->count(calls);
  if (!answers) return answers.error();
  return std::vector<bool>(answers->begin(), answers->end());
}

Problem RedisHolds::release(std::span<const Hold> ours) {
  std::vector<ScriptCall> calls;
  calls.reserve(ours.size());
  for (const Hold& hold : ours) {
    calls.push_back(
        {RedisScript::release, {key_of("hold:", hold.conversation)}, {holder_ + hold.task}});
  }
  const auto answers = caller_->count(calls);
  if (!answers) return answers.error();
  return std::nullopt;
}

Result<std::vector<Hold>> RedisHolds::await_wanted(const Interrupt& interrupt) {
  if (!ear_) {
    auto link =
        RedisLink::connect(caller_->address(), Clock::now() + caller_->patience(), interrupt);
    if (!link) return std::move(link).error();
    ear_ = *std::move(link);
  }
  const std::string list = key_of("wanted:", holder_);
  const std::string seconds = std::to_string(listens.count());
  const RedisCommand command{"BLPOP", list, seconds};
  const auto replies = ear_->ask({&command, 1}, Clock::now() + listens + caller_->patience());
  if (!replies) {
    ear_.reset();
    return replies.error();
  }
  const RedisReply& reply = replies->front();
  if (reply.kind == RedisReply::Kind::error) {
    ear_.reset();
    return caller_->refusal(reply);
  }
  std::vector<Hold> wanted;
  if (reply.list.size() == 2) {
    if (auto hold = read_notice(reply.list[1].text)) wanted.push_back(*std::move(hold));
  }
  return wanted;
}

}  // namespace patchbay
